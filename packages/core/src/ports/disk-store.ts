import type { BlobStore } from "./blob-store.ts";
import type { EntryStore, MembershipStore } from "./entry-store.ts";
import type { NameIndex } from "./name-index.ts";

/** All that a node keeps in its folder, behind one lock. */
export interface DiskStore {
  readonly blobs: BlobStore;
  readonly entries: EntryStore;
  readonly membership: MembershipStore;
  /** Opens the name index under a key of 32 bytes; another key than before, or damage, starts an empty one. At most once. */
  openNameIndex(encryptionKey: Uint8Array): Promise<NameIndex>;
  /** Bytes used on disk by packs and indexes, and bytes free on that disk. */
  diskUsage(): Promise<{ readonly usedBytes: number; readonly freeBytes: number }>;
  /** Syncs what is queued, lets go of the lock. Later calls of anything reject with `STORE_CLOSED`. */
  close(): Promise<void>;
}
