import type { Digest } from "../digest.ts";
import type { EntryId } from "../ids.ts";

/** A blob whose stored bytes do not hash to its digest, or can't be read. */
export interface BlobDamage {
  readonly digest: Digest;
  readonly reason: string;
}

/** What of a store proved damaged. Of each kind a bounded number is listed. */
export interface DamageReport {
  readonly damaged: readonly BlobDamage[];
  /** Entries that the index knows and the packs no longer give. */
  readonly damagedEntries: readonly EntryId[];
  /** Membership records likewise; the index knows them by number only. */
  readonly damagedRecords: number;
  /** Spans of a pack that hold no valid record, those of damaged entries and membership records included. */
  readonly damagedSpans: readonly {
    readonly path: string;
    readonly offset: number;
    readonly bytes: number;
  }[];
}

export interface ScrubOptions {
  /** The `next` of the step before; null begins a round. What is no position of this store begins one too. */
  readonly from: string | null;
  /** Stops behind the record that makes it so many bytes. */
  readonly bytesMax: number;
  readonly signal?: AbortSignal;
}

/** A part of a round over all that was stored when the round began. */
export interface ScrubStep extends DamageReport {
  /** Where to go on, also after a restart; null once the round is complete. */
  readonly next: string | null;
  /** Blobs that were hashed, and bytes of packs that were read. */
  readonly blobs: number;
  readonly bytes: number;
  /** Bytes of packs that are left of this round. */
  readonly bytesLeft: number;
}
