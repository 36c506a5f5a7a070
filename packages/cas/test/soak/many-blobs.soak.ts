import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { openDiskStore } from "../../src/index.ts";
import { numberedBlob, scratchFolder } from "../scratch.ts";

const COUNT = 100_000;

test("deleting half of 100,000 blobs frees at least 95 % of their bytes", { timeout: 600_000 }, async () => {
  const store = await openDiskStore({ dir: scratchFolder(tmpdir()) });
  const size = 4096;
  for (let from = 0; from < COUNT; from += 5000) {
    const blobs = Array.from({ length: 5000 }, (_, index) => numberedBlob(from + index, size));
    await Promise.all(blobs.map(({ digest, bytes }) => store.blobs.put(digest, bytes)));
  }
  const before = (await store.diskUsage()).usedBytes;
  const half = Array.from({ length: COUNT / 2 }, (_, index) => numberedBlob(index * 2, size).digest);
  const started = performance.now();
  await store.blobs.delete(half);
  await store.compact();
  const tookMs = performance.now() - started;
  const freed = before - (await store.diskUsage()).usedBytes;
  process.stdout.write(
    `freed ${((100 * freed) / (half.length * size)).toFixed(1)} % in ${tookMs.toFixed(0)} ms\n`,
  );
  expect(freed / (half.length * size)).toBeGreaterThan(0.95);
  expect(store.blobs.usage()).toEqual({ blobs: COUNT / 2, bytes: (COUNT / 2) * size });
  await store.close();
});
