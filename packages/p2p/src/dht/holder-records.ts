import type { Clock } from "@gstore/core";
import {
  DHT_HOLDER_RECORDS_MAX,
  DHT_HOLDER_RECORDS_PER_MEMBER_MAX,
  DHT_HOLDERS_PER_KEY_MAX,
  DHT_RECORD_MS,
} from "./dht-limits.ts";

export interface HolderLimits {
  readonly total: number;
  readonly perMember: number;
  readonly perKey: number;
}

interface HolderRecord {
  readonly value: Uint8Array;
  readonly atMs: number;
}

const DEFAULTS: HolderLimits = {
  total: DHT_HOLDER_RECORDS_MAX,
  perMember: DHT_HOLDER_RECORDS_PER_MEMBER_MAX,
  perKey: DHT_HOLDERS_PER_KEY_MAX,
};

/** Who said that it holds what, in memory: it is said again twice a day, and others were told too. */
export class HolderRecords {
  readonly #clock: Clock;
  readonly #limits: HolderLimits;
  /** By key, then by member; both oldest first. */
  readonly #keys = new Map<string, Map<string, HolderRecord>>();
  readonly #ofMember = new Map<string, number>();
  #count = 0;

  constructor(clock: Clock, limits: Partial<HolderLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...DEFAULTS, ...limits };
  }

  get count(): number {
    return this.#count;
  }

  /** Takes a record in, in place of an older one. False where there is no room. */
  put(key: string, member: string, value: Uint8Array): boolean {
    this.delete(key, member);
    const { total, perMember, perKey } = this.#limits;
    const holders = this.of(key);
    if ((this.#ofMember.get(member) ?? 0) >= perMember || holders.length >= perKey) return false;
    if (this.#count >= total) this.#dropOutdated();
    if (this.#count >= total) return false;
    const records = this.#keys.get(key) ?? new Map<string, HolderRecord>();
    this.#keys.set(key, records.set(member, { value, atMs: this.#clock.monotonic() }));
    this.#ofMember.set(member, (this.#ofMember.get(member) ?? 0) + 1);
    this.#count++;
    return true;
  }

  /** What is believed still. */
  of(key: string): { readonly member: string; readonly value: Uint8Array }[] {
    for (const [member, { atMs }] of [...(this.#keys.get(key) ?? [])])
      if (this.#isOutdated(atMs)) this.delete(key, member);
    return [...(this.#keys.get(key) ?? [])].map(([member, { value }]) => ({ member, value }));
  }

  delete(key: string, member: string): void {
    const records = this.#keys.get(key);
    if (records?.delete(member) !== true) return;
    if (records.size === 0) this.#keys.delete(key);
    const left = (this.#ofMember.get(member) ?? 1) - 1;
    if (left > 0) this.#ofMember.set(member, left);
    else this.#ofMember.delete(member);
    this.#count--;
  }

  #dropOutdated(): void {
    for (const key of [...this.#keys.keys()]) this.of(key);
  }

  #isOutdated(atMs: number): boolean {
    return this.#clock.monotonic() - atMs > DHT_RECORD_MS;
  }
}
