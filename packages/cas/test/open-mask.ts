// Opens a store under umask 000 and leaves one of everything in it.
import { openDiskStore } from "@gstore/cas";
import { digestOf } from "@gstore/core";

process.umask(0);
const store = await openDiskStore({ dir: process.argv[2] as string });
await store.openNameIndex(new Uint8Array(32));
await store.blobs.put(digestOf(new Uint8Array(1)), new Uint8Array(1));
await store.close();
