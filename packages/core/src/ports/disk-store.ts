import type { Digest } from "../digest.ts";
import type { Entry } from "../formats/entry.ts";
import type { BlobStore } from "./blob-store.ts";
import type { EntryStore, MembershipStore } from "./entry-store.ts";
import type { NameIndex } from "./name-index.ts";
import type { ScrubOptions, ScrubStep } from "./scrub.ts";

/** An entry and the blob that makes it whole; null where it is whole without. */
export interface WholeVersion {
  readonly entry: Entry;
  readonly blob: { readonly digest: Digest; readonly bytes: Uint8Array } | null;
}

export interface DiskUsage {
  /** Bytes of packs and indexes on the disk. */
  readonly usedBytes: number;
  /** Of the indexes alone. */
  readonly indexBytes: number;
  /** What that disk has free. */
  readonly freeBytes: number;
}

/** All that a node keeps in its folder, behind one lock. */
export interface DiskStore {
  readonly blobs: BlobStore;
  readonly entries: EntryStore;
  readonly membership: MembershipStore;
  /**
   * Stores blobs and entries, as `blobs.put` (the caller has just computed the digests) and after it `entries.append` as
   * complete do, but with as few syncs as the store can. Gives for each version whether its blob was not there before.
   * An entry is there only if its blob is, whenever the process or the machine fails.
   */
  appendVersions(versions: readonly WholeVersion[]): Promise<boolean[]>;
  /** Opens the name index under a key of 32 bytes; another key than before, or damage, starts an empty one. At most once. */
  openNameIndex(encryptionKey: Uint8Array): Promise<NameIndex>;
  diskUsage(): Promise<DiskUsage>;
  /**
   * Re-reads and hashes a part of what is stored. What proves damaged counts as missing from then on, and is replaced when it
   * is stored again. Writes go on meanwhile; a step waits for a running compaction.
   */
  scrub(options: ScrubOptions): Promise<ScrubStep>;
  /**
   * Gives up the packs that a scrub or verify of this process found damage in: what is in use there is written elsewhere. One
   * that holds something in use and damaged stays as it is. To be called once all damage that can be repaired is. Resolves
   * with how many were given up.
   */
  retireDamagedPacks(): Promise<number>;
  /** Syncs what is queued, lets go of the lock. Later calls of anything reject with `STORE_CLOSED`. */
  close(): Promise<void>;
}
