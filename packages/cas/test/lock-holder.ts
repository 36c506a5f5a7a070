// Opens the store in the folder given, stores a blob, says so and stays until it is killed.
import { openDiskStore } from "@gstore/cas";
import { digestOf } from "@gstore/core";

const store = await openDiskStore({ dir: process.argv[2] as string, holder: "the test's holder" });
const bytes = Buffer.alloc(100, "blob 1 ");
await store.blobs.put(digestOf(bytes), bytes);
process.stdout.write("open\n");
setInterval(() => {}, 60_000);
