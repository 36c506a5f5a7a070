import {
  ADDRESS_FAILING_MS,
  ADDRESS_FAILING_RETRY_MS,
  ADDRESS_FORGOTTEN_MS,
  ADDRESSES_LEARNED_MAX,
  type AddressRecord,
  type Clock,
  type NetworkId,
  type PeerId,
  type Random,
  RECONNECT_DELAY_MAX_MS,
  RECONNECT_DELAY_MIN_MS,
} from "@gstore/core";
import type { Logger } from "../logger.ts";
import type { SyncedFile } from "../synced-file.ts";
import {
  type AddressSource,
  decodeAddressBook,
  encodeAddressBook,
  type StoredAddress,
  type StoredMember,
} from "./address-book-file.ts";
import { isWeb, relayOf } from "./own-addresses.ts";

/** What is known of one address of a member. */
export interface KnownAddress extends StoredAddress {
  /** By the monotonic clock: when it may be dialled again. */
  readonly retryAtMs: number;
}

interface BookMember {
  record: AddressRecord | null;
  /** The record was read from the disk, and not heard since. */
  isFromDisk: boolean;
  readonly addresses: Map<string, KnownAddress>;
}

export interface AddressBookOptions {
  /** Null keeps it in memory only. */
  readonly file: SyncedFile | null;
  readonly networkId: NetworkId;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** News is written together this long (ms) after the first of it. */
const WRITE_DELAY_MS = 1000;
/** An address that is forgotten failed so often at the least: a clock that jumped must not forget all at once. */
const FORGOTTEN_FAILURES_MIN = 100;

/** Where members can be dialled: their own records and what this node found out, kept on the disk. */
export class AddressBook {
  readonly #options: AddressBookOptions;
  readonly #members: Map<PeerId, BookMember>;
  #cancelWrite: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();

  private constructor(options: AddressBookOptions, members: Map<PeerId, BookMember>) {
    this.#options = options;
    this.#members = members;
  }

  /** Rejects with `UNSUPPORTED_VERSION` for a newer version's file; a damaged one is begun anew. */
  static async open(options: AddressBookOptions): Promise<AddressBook> {
    const bytes = (await options.file?.read()) ?? null;
    const stored = bytes === null ? [] : decodeAddressBook(bytes, options.networkId);
    if (stored === null) {
      const path = options.file?.path;
      options.logger.warn({ path }, "the address book can't be read: it is begun anew");
    }
    const members = (stored ?? []).map(({ peer, record, addresses }): [PeerId, BookMember] => {
      const known = addresses.map((one): [string, KnownAddress] => [one.address, { ...one, retryAtMs: 0 }]);
      return [peer, { record, isFromDisk: true, addresses: new Map(known) }];
    });
    return new AddressBook(options, new Map(members));
  }

  record(peer: PeerId): AddressRecord | null {
    return this.#members.get(peer)?.record ?? null;
  }

  records(): AddressRecord[] {
    return [...this.#members.values()].flatMap(({ record }) => record ?? []);
  }

  /** How many members' addresses are known. */
  get count(): number {
    return [...this.#members.values()].filter(({ addresses }) => addresses.size > 0).length;
  }

  /** Keeps a checked record, which is newer than the one known. What it no longer names and never worked is forgotten. */
  take(record: AddressRecord): void {
    const member = this.#memberOf(record.body.peer);
    member.record = record;
    member.isFromDisk = false;
    const named = new Set(record.body.addresses);
    for (const { address, source, workedMs } of [...member.addresses.values()])
      if (source === "record" && workedMs === null && !named.has(address)) member.addresses.delete(address);
    for (const address of named) {
      const workedMs = member.addresses.get(address)?.workedMs ?? null;
      // Behind the others, so that they stand in the record's order.
      member.addresses.delete(address);
      member.addresses.set(address, fresh(address, "record", workedMs));
    }
    this.#dropLearned(member);
    this.#writeLater();
  }

  /** Takes note of where a member was seen, which may be wrong. True where that is worth a dial now. */
  learn(peer: PeerId, address: string, source: AddressSource): boolean {
    const member = this.#memberOf(peer);
    const known = member.addresses.get(address);
    if (known !== undefined) {
      if (source === "lan" && known.source !== "lan") member.addresses.set(address, { ...known, source });
      return false;
    }
    // Not worth a write before it has worked: whoever can say so could make us write all the time.
    member.addresses.set(address, fresh(address, source, null));
    this.#dropLearned(member);
    return member.addresses.has(address);
  }

  /** A member answered at an address. */
  worked(peer: PeerId, address: string): void {
    const member = this.#memberOf(peer);
    const source = member.addresses.get(address)?.source ?? "dialled";
    const workedMs = this.#options.clock.now();
    member.addresses.set(address, fresh(address, source, workedMs));
    this.#dropLearned(member);
    this.#writeLater();
  }

  /** Nobody, or somebody else, answered there. Offline, when nobody at all can be reached, that says nothing of the address. */
  failed(peer: PeerId, address: string, { isOnline }: { readonly isOnline: boolean }): void {
    const member = this.#members.get(peer);
    const known = member?.addresses.get(address);
    if (member === undefined || known === undefined) return;
    const { clock, random } = this.#options;
    const failures = known.failures + 1;
    const failingSinceMs = isOnline ? (known.failingSinceMs ?? clock.now()) : null;
    const failedForMs = failingSinceMs === null ? 0 : clock.now() - failingSinceMs;
    if (failedForMs > ADDRESS_FORGOTTEN_MS && failures >= FORGOTTEN_FAILURES_MIN) {
      member.addresses.delete(address);
      this.#writeLater();
      return;
    }
    const doubled = RECONNECT_DELAY_MIN_MS * 2 ** Math.min(failures - 1, 16);
    const delayMs =
      failedForMs > ADDRESS_FAILING_MS ? ADDRESS_FAILING_RETRY_MS : Math.min(doubled, RECONNECT_DELAY_MAX_MS);
    const retryAtMs = clock.monotonic() + delayMs / 2 + random.below(Math.ceil(delayMs / 2) + 1);
    member.addresses.set(address, { ...known, failures, failingSinceMs, retryAtMs });
  }

  /** A member's addresses in the order to try them: where it was last reached, then as it names them itself. */
  addresses(peer: PeerId): KnownAddress[] {
    const all = [...(this.#members.get(peer)?.addresses.values() ?? [])];
    // Through a relay only where nothing else answers, however well that worked, and a WebSocket after plain TCP.
    const rank = ({ address }: KnownAddress): number => {
      if (relayOf(address) !== null) return 2;
      return isWeb(address) ? 1 : 0;
    };
    return all.sort(
      (left, right) => rank(left) - rank(right) || (right.workedMs ?? 0) - (left.workedMs ?? 0),
    );
  }

  /** By what this node knows an address of a member: `book` where that is what a former run left. */
  sourceOf(peer: PeerId, address: string): AddressSource | "book" | null {
    const member = this.#members.get(peer);
    const known = member?.addresses.get(address);
    if (member === undefined || known === undefined) return null;
    return known.source !== "lan" && member.isFromDisk ? "book" : known.source;
  }

  /** Everything may be dialled again at once, or so many milliseconds later. */
  retrySoon(peer: PeerId, delayMs = 0): void {
    const member = this.#members.get(peer);
    if (member === undefined) return;
    const retryAtMs = this.#options.clock.monotonic() + delayMs;
    for (const known of member.addresses.values())
      member.addresses.set(known.address, { ...known, failures: 0, retryAtMs });
  }

  peers(): PeerId[] {
    return [...this.#members.keys()];
  }

  forget(peer: PeerId): void {
    if (this.#members.delete(peer)) this.#writeLater();
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    if (this.#cancelWrite !== null) {
      this.#cancelWrite();
      this.#cancelWrite = null;
      void this.#write();
    }
    await this.#writing;
  }

  #memberOf(peer: PeerId): BookMember {
    const member = this.#members.get(peer) ?? { record: null, isFromDisk: false, addresses: new Map() };
    this.#members.set(peer, member);
    return member;
  }

  /** Of what no record names the few that worked last stay. */
  #dropLearned(member: BookMember): void {
    const named = new Set(member.record?.body.addresses);
    const learned = [...member.addresses.values()].filter(({ address }) => !named.has(address));
    learned.sort((left, right) => (left.workedMs ?? 0) - (right.workedMs ?? 0));
    for (const { address } of learned.slice(0, Math.max(0, learned.length - ADDRESSES_LEARNED_MAX)))
      member.addresses.delete(address);
  }

  #writeLater(): void {
    this.#cancelWrite ??= this.#options.clock.after(WRITE_DELAY_MS, () => {
      this.#cancelWrite = null;
      void this.#write();
    });
  }

  #write(): Promise<void> {
    const { file, logger } = this.#options;
    if (file === null) return Promise.resolve();
    const stored = [...this.#members].map(
      ([peer, { record, addresses }]): StoredMember => ({ peer, record, addresses: [...addresses.values()] }),
    );
    const bytes = encodeAddressBook(stored);
    // A full disk costs a start without bootstrap addresses, and no data.
    const failed = (error: unknown) =>
      logger.warn({ error: String(error) }, "the address book was not written");
    this.#writing = this.#writing.then(() => file.replace(bytes)).catch(failed);
    return this.#writing;
  }
}

function fresh(address: string, source: AddressSource, workedMs: number | null): KnownAddress {
  return { address, source, workedMs, failures: 0, failingSinceMs: null, retryAtMs: 0 };
}
