import type { BulkLimits, Digest, EntryId } from "@gstore/core";
import type { KeyInSpace } from "./api.ts";

/** A version that damage was found in. */
export interface AffectedFile extends KeyInSpace {
  readonly version: EntryId;
  /** False while a part of it is damaged here and no other node could give it. */
  readonly repaired: boolean;
}

export interface RepairReport {
  /** What was stored again from other nodes. */
  readonly blobs: number;
  readonly entries: number;
  readonly records: number;
  /** What nobody who can be reached has. It is tried again from time to time. */
  readonly unrepairedBlobs: readonly Digest[];
  readonly unrepairedEntries: readonly EntryId[];
}

export interface StoreVerifyReport {
  readonly blobs: number;
  readonly bytes: number;
  readonly damaged: readonly { readonly digest: Digest; readonly reason: string }[];
  readonly damagedEntries: readonly EntryId[];
  readonly damagedRecords: number;
  readonly damagedSpans: readonly {
    readonly path: string;
    readonly offset: number;
    readonly bytes: number;
  }[];
  /** The first files of which something is damaged, as far as this node can read their names, and whether there are more. */
  readonly files: readonly AffectedFile[];
  readonly moreFiles: boolean;
  /** Null where no repair was asked for. */
  readonly repair: RepairReport | null;
}

/** How the re-hashing of all that is stored goes on. */
export interface ScrubStatus {
  readonly periodMs: number;
  /** When all was last read to the end, milliseconds since 1970; null before the first time. */
  readonly lastEndedMs: number | null;
  /** Of the round that is under way; null between two. */
  readonly progress: { readonly bytes: number; readonly bytesTotal: number } | null;
  /** Damaged blobs, entries and membership records found, and those repaired, since this node was made. */
  readonly damagedFound: number;
  readonly repaired: number;
  /** Damaged and to be repaired still, and the first files that they belong to. */
  readonly unrepaired: number;
  readonly unrepairedFiles: readonly KeyInSpace[];
}

export interface UpkeepOperations {
  /** What bulk transfers are limited to now. */
  limits(): BulkLimits;
  /**
   * Limits bulk transfers to and from all peers together, those under way too; what is left out stays. Holds until the node
   * stops. Throws `INVALID_ARGUMENT` for a limit that is too low.
   */
  setLimits(limits: Partial<BulkLimits>): BulkLimits;
  /** Reads and hashes all that is stored. With `repair`, what is damaged is stored again from other nodes. */
  verify(options?: {
    readonly repair?: boolean;
    readonly signal?: AbortSignal;
    readonly onProgress?: (progress: { readonly blobs: number; readonly bytes: number }) => void;
  }): Promise<StoreVerifyReport>;
}
