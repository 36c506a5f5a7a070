// Writes to the store in the folder given until it is killed, and says on stdout what was acknowledged, a line each:
// `put N`, `delete N`, `entry N` for its N-th entry. Begins with the blob number given, so that runs can follow one another.
import { openDiskStore } from "@gstore/cas";
import { EntryMaker } from "@gstore/testing";
import { numberedBytes } from "./numbered-bytes.ts";

const [dir = "", first = "0"] = process.argv.slice(2);
const store = await openDiskStore({ dir, segmentBytesMax: 4_000_000 });
const maker = new EntryMaker(1 + (Number(first) % 200), Number(first) % 251);
process.stdout.write("open\n");

async function putAndDelete(lane: number): Promise<void> {
  for (let number = Number(first) + lane; ; number += 8) {
    const { digest, bytes } = numberedBytes(number);
    await store.blobs.put(digest, bytes);
    process.stdout.write(`put ${number}\n`);
    if (number % 3 !== 0) continue;
    await store.blobs.delete([digest]);
    process.stdout.write(`delete ${number}\n`);
  }
}

async function append(): Promise<void> {
  for (let number = 1; ; number++) {
    const entry = maker.next({ key: `key ${number % 10}`, sealedBytes: 200 });
    await store.entries.append([entry], { complete: true });
    process.stdout.write(`entry ${entry.id}\n`);
  }
}

await Promise.all([append(), ...Array.from({ length: 8 }, (_, lane) => putAndDelete(lane))]);
