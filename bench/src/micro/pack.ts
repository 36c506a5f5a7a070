import { closeSync, fdatasyncSync, openSync, rmSync, writevSync } from "node:fs";
import { openDiskStore } from "@gstore/cas";
import { type Digest, digestOf } from "@gstore/core";
import type { BenchContext } from "../benchmark.ts";
import type { Limit } from "../report.ts";
import { sideBySide, timed } from "../timing.ts";
import { randomBytes } from "./inputs.ts";

const KIB = 1024;
const GROUP_BYTES = 16 * KIB * KIB;

/** Blobs that differ in their first bytes, over the same random ones: making them must not cost more than storing them. */
interface Blobs {
  readonly size: number;
  readonly digests: readonly Digest[];
  readonly bytes: (index: number) => Uint8Array;
}

export async function run(context: BenchContext): Promise<void> {
  await compare(context, { label: "256 KiB", blobs: makeBlobs(256 * KIB, 2048), atOnce: 64 });
  await compare(context, { label: "4 KiB", blobs: makeBlobs(4 * KIB, 50_000), atOnce: 4096 });
}

async function compare(
  { report, scratch }: BenchContext,
  { label, blobs, atOnce }: { label: string; blobs: Blobs; atOnce: number },
): Promise<void> {
  const count = blobs.digests.length;
  const rate = (took: number, part = 1): number => (blobs.size * count * part) / 1000 / took;
  const path = scratch.path("plain");
  // The first file of a run pays for the disk's and the cache's warming up.
  plainWrites(path, blobs);
  const limit: Limit = {
    name: "writev + fdatasync a 16 MiB",
    value: rate(await timed(() => plainWrites(path, blobs))),
  };
  const dir = scratch.path("store");
  const store = await openDiskStore({ dir });
  const put = await timed(() =>
    sideBySide(count, atOnce, (index) => store.blobs.put(blobs.digests[index] as Digest, blobs.bytes(index))),
  );
  report.figure({ name: `put ${label}, hashed and synced`, value: rate(put), unit: "MB/s", limit });
  const get = await timed(() =>
    sideBySide(count, 32, (index) => store.blobs.get(blobs.digests[index] as Digest)),
  );
  report.figure({ name: `get ${label}, verified`, value: rate(get), unit: "MB/s", limit });
  const verify = await timed(() => store.blobs.verify());
  report.figure({ name: `verify all, ${label}`, value: rate(verify), unit: "MB/s", limit });
  const half = blobs.digests.filter((_, index) => index % 2 === 0);
  const compact = await timed(async () => {
    await store.blobs.delete(half);
    await store.compact();
  });
  report.figure({
    name: `delete half of them and compact, ${label}`,
    value: rate(compact, 0.5),
    unit: "MB/s",
    limit,
  });
  await store.close();
  scratch.remove(dir);
}

function makeBlobs(size: number, count: number): Blobs {
  const pattern = randomBytes(size);
  const bytes = (index: number): Uint8Array => {
    const copy = Buffer.from(pattern);
    copy.writeUInt32LE(index, 0);
    return copy;
  };
  return { size, bytes, digests: Array.from({ length: count }, (_, index) => digestOf(bytes(index))) };
}

function plainWrites(path: string, { size, digests, bytes }: Blobs): void {
  const file = openSync(path, "w");
  const inGroup = Math.ceil(GROUP_BYTES / size);
  for (let from = 0; from < digests.length; from += inGroup) {
    const group = Array.from({ length: Math.min(inGroup, digests.length - from) }, (_, index) =>
      bytes(from + index),
    );
    for (let at = 0; at < group.length; at += KIB) writevSync(file, group.slice(at, at + KIB));
    fdatasyncSync(file);
  }
  closeSync(file);
  rmSync(path);
}
