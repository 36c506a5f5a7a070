import {
  type BlobStore,
  type Clock,
  type Digest,
  type EntryId,
  type EntryStore,
  isGstoreError,
} from "@gstore/core";
import { blobsOfVersion } from "../replication/local-completeness.ts";

/** Blobs under lease at a time, about 100 bytes each. Beyond it the oldest leases end early: what is lost by that is fetched again. */
const LEASES_MAX = 100_000;

/**
 * Blobs that a peer has pushed here, or was told that they are here, and whose entry has not come yet: a promise not to
 * collect them for a while. The peer has them all the same, so that breaking it costs a transfer and no more.
 */
export class BlobLeases {
  readonly #clock: Clock;
  readonly #leaseMs: number;
  /** When each lease ends by the monotonic clock; in order of that. */
  readonly #ends = new Map<Digest, number>();

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
  }

  get size(): number {
    return this.#ends.size;
  }

  grant(digest: Digest): void {
    this.#ends.delete(digest);
    this.#ends.set(digest, this.#clock.monotonic() + this.#leaseMs);
    this.#endOld();
  }

  /** Its entry is stored: from now on that decides. */
  release(digest: Digest): void {
    this.#ends.delete(digest);
  }

  has(digest: Digest): boolean {
    return (this.#ends.get(digest) ?? 0) > this.#clock.monotonic();
  }

  #endOld(): void {
    const now = this.#clock.monotonic();
    for (const [digest, end] of this.#ends) {
      if (end > now && this.#ends.size <= LEASES_MAX) return;
      this.#ends.delete(digest);
    }
  }
}

/** Ends the leases on the blobs of versions that are whole here. */
export function endLeases(
  { blobLeases: leases, blobs, entries }: { blobLeases: BlobLeases; blobs: BlobStore; entries: EntryStore },
  versions: readonly EntryId[],
): void {
  const end = async (version: EntryId): Promise<void> => {
    const content = (await entries.get(version))?.entry.body;
    if (!content?.content) return;
    for await (const { digest } of blobsOfVersion(blobs, content.space, content.content)) {
      leases.release(digest);
      if (leases.size === 0) return;
    }
  };
  if (leases.size === 0) return;
  for (const version of versions) {
    // Leases that are not ended end by themselves.
    end(version).catch((error: unknown) => {
      if (!isGstoreError(error)) throw error;
    });
  }
}
