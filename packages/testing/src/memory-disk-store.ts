import {
  type BlobStore,
  type DiskStore,
  type DiskUsage,
  type EntryStore,
  GstoreError,
  type MembershipStore,
  type NameIndex,
  type ScrubStep,
  type WholeVersion,
} from "@gstore/core";
import { MemoryBlobStore } from "./memory-blob-store.ts";
import { MemoryEntryStore, MemoryMembershipStore } from "./memory-entry-store.ts";
import { MemoryNameIndex } from "./memory-name-index.ts";

/** The stores of one node, in memory. Closing it keeps what it holds: open it again by {@link MemoryDiskStore.reopened}. */
export class MemoryDiskStore implements DiskStore {
  readonly blobs: BlobStore;
  readonly entries: EntryStore;
  readonly membership: MembershipStore;
  readonly #names: MemoryNameIndex;
  #isNameIndexOpen = false;
  isClosed = false;

  /** Takes over the given stores, in which a test may count, delay or fail what is done. */
  constructor(
    given: Partial<Pick<DiskStore, "blobs" | "entries" | "membership">> & { names?: MemoryNameIndex } = {},
  ) {
    this.blobs = given.blobs ?? new MemoryBlobStore();
    this.entries = given.entries ?? new MemoryEntryStore();
    this.membership = given.membership ?? new MemoryMembershipStore();
    this.#names = given.names ?? new MemoryNameIndex();
  }

  async appendVersions(versions: readonly WholeVersion[]): Promise<boolean[]> {
    const areNew = await Promise.all(
      versions.map(
        async ({ entry, blob }) =>
          blob !== null && (await this.blobs.put(blob.digest, blob.bytes, { space: entry.body.space })),
      ),
    );
    const entries = versions.map(({ entry }) => entry);
    await this.entries.append(entries, { complete: true });
    return areNew;
  }

  async openNameIndex(encryptionKey: Uint8Array): Promise<NameIndex> {
    if (encryptionKey.length !== 32) throw new GstoreError("INVALID_ARGUMENT", "The key has 32 bytes.");
    if (this.#isNameIndexOpen) throw new GstoreError("INVALID_ARGUMENT", "The name index is open.");
    this.#isNameIndexOpen = true;
    return this.#names;
  }

  async diskUsage(): Promise<DiskUsage> {
    return { usedBytes: this.blobs.usage().bytes, indexBytes: 0, freeBytes: Number.MAX_SAFE_INTEGER };
  }

  /** All in one step. */
  async scrub(): Promise<ScrubStep> {
    return { ...(await this.blobs.verify()), next: null, bytesLeft: 0 };
  }

  async retireDamagedPacks(): Promise<number> {
    return 0;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  /** The same content as after a restart of its node. */
  reopened(): MemoryDiskStore {
    const { blobs, entries, membership } = this;
    return new MemoryDiskStore({ blobs, entries, membership, names: this.#names });
  }
}
