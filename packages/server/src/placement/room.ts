import { type Clock, type DiskStore, GstoreError, type PeerId } from "@gstore/core";
import type { Members } from "../membership/members.ts";

export interface RoomOptions {
  readonly self: PeerId;
  /** What its user says that it may hold; undefined for what the disk has. */
  readonly capacityBytes: number | undefined;
  readonly members: Pick<Members, "get">;
  readonly disk: Pick<DiskStore, "blobs" | "diskUsage">;
  readonly clock: Clock;
  /** There was no room: what is of no use here should be collected. */
  readonly isShort: () => void;
}

/** Of the disk so much is left to this node's own writes, or a fiftieth of a small disk. */
const RESERVE_BYTES = 256 * 1024 * 1024;
const RESERVE_SHARE = 1 / 50;
/** The disk's free bytes are asked for again after this long (ms), when somebody wants to know. */
const MEASURED_FOR_MS = 5000;
/** Collecting is asked for again after this long (ms) while there is no room. */
const SHORT_AGAIN_MS = 60_000;

/**
 * Whether this node has room for copies that others give it. All its blobs count, those that nothing needs any more until they
 * are collected. Its own puts do not ask: they end only where the disk is full.
 */
export class Room {
  readonly #options: RoomOptions;
  #spareBytes = Number.POSITIVE_INFINITY;
  #measuredMs = Number.NEGATIVE_INFINITY;
  #shortMs = Number.NEGATIVE_INFINITY;

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** Whether no byte more fits in. */
  get isFull(): boolean {
    return !this.#fits(1);
  }

  /** Whether so many bytes more fit in, by the disk as it was when it was looked at last. */
  has(bytes: number): boolean {
    if (this.#fits(bytes)) return true;
    const { clock, isShort } = this.#options;
    if (clock.monotonic() - this.#shortMs >= SHORT_AGAIN_MS) {
      this.#shortMs = clock.monotonic();
      isShort();
    }
    return false;
  }

  /** Throws `NODE_FULL` where so many bytes more do not fit in. */
  assertHas(bytes: number): void {
    if (this.has(bytes)) return;
    throw new GstoreError(
      "NODE_FULL",
      "This node holds as much as it may; another one has to take the copy.",
      {
        limit: this.#capacityBytes(),
        actual: this.#options.disk.blobs.usage().bytes,
        retryable: true,
      },
    );
  }

  /** Looks at the disk. Never rejects: one that can't be asked is not held for full. */
  async measure(): Promise<void> {
    const { disk, clock } = this.#options;
    this.#measuredMs = clock.monotonic();
    try {
      const { usedBytes, freeBytes } = await disk.diskUsage();
      const reserve = Math.min(RESERVE_BYTES, (usedBytes + freeBytes) * RESERVE_SHARE);
      this.#spareBytes = freeBytes - reserve;
    } catch {
      this.#spareBytes = Number.POSITIVE_INFINITY;
    }
  }

  #fits(bytes: number): boolean {
    const { disk, clock } = this.#options;
    if (clock.monotonic() - this.#measuredMs >= MEASURED_FOR_MS) void this.measure();
    return bytes <= this.#spareBytes && disk.blobs.usage().bytes + bytes <= this.#capacityBytes();
  }

  /** An admin's word, where that is the last one, else the user's. What the node states of its disk by itself is no limit. */
  #capacityBytes(): number {
    const { self, capacityBytes, members } = this.#options;
    const known = members.get(self);
    const isByOther = known !== undefined && known.attributesBy !== null && known.attributesBy !== self;
    return (isByOther ? known.capacityBytes : capacityBytes) ?? Number.POSITIVE_INFINITY;
  }
}
