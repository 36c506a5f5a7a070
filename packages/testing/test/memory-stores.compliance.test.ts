import {
  blobStoreCompliance,
  entryStoreCompliance,
  MemoryBlobStore,
  MemoryEntryStore,
} from "../src/index.ts";

blobStoreCompliance("MemoryBlobStore", async () => {
  const store = new MemoryBlobStore();
  return { store, close: () => store.close(), damage: async (digest) => store.damage(digest) };
});

entryStoreCompliance("MemoryEntryStore", async () => {
  const store = new MemoryEntryStore();
  return { store, close: () => store.close() };
});
