export { type BlobStoreUnderTest, blobStoreCompliance } from "./blob-store-compliance.ts";
export { EntryMaker, type MadeEntry, madeKeyId, madeSpace, makeMembershipRecord } from "./entry-maker.ts";
export { type EntryStoreUnderTest, entryStoreCompliance } from "./entry-store-compliance.ts";
export { MemoryBlobStore } from "./memory-blob-store.ts";
export { MemoryEntryStore, MemoryMembershipStore } from "./memory-entry-store.ts";
