import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDiskStore } from "@gstore/cas";
import { systemClock } from "@gstore/core";
import type { MemoryDiskStore } from "@gstore/testing";
import { expect, onTestFinished, test } from "vitest";
import { randomBytes, readAll, TestNetwork } from "../support/test-network.ts";

const FILES = 100_000;
const BYTES = 4000;
const HISTORY_MS = 5000;
const AT_ONCE = 128;

test("after half of 100,000 files were removed, at least 95 % of their bytes are free", {
  timeout: 3_600_000,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), "gstore-half-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const network = new TestNetwork();
  const { clock } = network;
  const disk = await openDiskStore({
    ...{ dir, holder: "soak" },
    // The store notes when versions are superseded by the wall clock of the test; its own timers are real ones.
    clock: { ...systemClock, now: () => clock.now() },
  });
  const { node } = await network.node("a", {
    disk: disk as unknown as MemoryDiskStore,
    collection: { historyMs: HISTORY_MS },
  });
  const random = randomBytes(BYTES + FILES, "files");
  const content = (index: number): Buffer => random.subarray(index, index + BYTES);
  const begun = performance.now();
  await each(FILES, (index) => node.store(`file-${index}`, content(index), { wait: "local" }));
  const stored = performance.now();
  const live = (): number => disk.blobs.usage().bytes;
  const before = live();
  await each(FILES / 2, (index) => node.remove(`file-${2 * index}`));
  const removed = performance.now();
  const packsBefore = packBytes(dir);
  clock.advance(HISTORY_MS);
  const report = await node.collectGarbage();
  const collected = performance.now();
  await disk.compact();
  const compacted = performance.now();
  const [after, packsAfter] = [live(), packBytes(dir)];
  const share = (was: number, is: number): number => (was - is) / ((BYTES * FILES) / 2);
  const seconds = (from: number, to: number): string => `${((to - from) / 1000).toFixed(1)} s`;
  process.stdout.write(
    `${FILES} files of ${BYTES} bytes put in ${seconds(begun, stored)}, half removed in ${seconds(stored, removed)}; ` +
      `gc ${seconds(removed, collected)} (${report.expired} versions, ${report.blobs} blobs), compaction ${seconds(collected, compacted)}.\n` +
      `blobs ${before} -> ${after} bytes, ${(100 * share(before, after)).toFixed(1)} % of the removed bytes freed; ` +
      `packs ${packsBefore} -> ${packsAfter} bytes, ${(100 * share(packsBefore, packsAfter)).toFixed(1)} %\n`,
  );
  expect(report).toMatchObject({ expired: FILES / 2, unreadable: [] });
  expect(share(before, after)).toBeGreaterThanOrEqual(0.95);
  expect(share(packsBefore, packsAfter)).toBeGreaterThanOrEqual(0.95);
  for (let index = 1; index < FILES; index += 1000)
    expect((await readAll(node, `file-${index}`)).equals(content(index))).toBe(true);
  await node.stop();
});

/** What the packs take on the disk: entries, deletions and padding included, indexes not. */
function packBytes(dir: string): number {
  const folder = join(dir, "packs");
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

async function each(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
