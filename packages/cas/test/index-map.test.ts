import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "@gstore/core";
import { expect, test, vi } from "vitest";
import { INDEX_MAP_MS } from "../src/constants.ts";
import { numberedBlob, openScratch, scratchFolder } from "./scratch.ts";

/** The machine's clock, except that the index's map is let go when `minute` is called. */
function steeredClock(): Clock & { minute(): number } {
  const due = new Set<() => void>();
  return {
    ...systemClock,
    after(delayMs, callback) {
      if (delayMs !== INDEX_MAP_MS) return systemClock.after(delayMs, callback);
      due.add(callback);
      return () => due.delete(callback);
    },
    minute() {
      const now = [...due];
      due.clear();
      for (const callback of now) callback();
      return now.length;
    },
  };
}

const MAPS = "/proc/self/maps";

test.skipIf(!existsSync(MAPS))("an index that is not used is not mapped into memory", async () => {
  const dir = scratchFolder();
  const clock = steeredClock();
  const store = await openScratch({ dir, clock });
  const isMapped = (): boolean => readFileSync(MAPS, "utf8").includes(join(dir, "index", "data.mdb"));
  const { digest, bytes } = numberedBlob(1);
  await store.blobs.put(digest, bytes);
  await vi.waitFor(() => expect(isMapped()).toBe(true));

  await vi.waitFor(() => {
    clock.minute();
    expect(isMapped()).toBe(false);
  });

  expect(await store.blobs.missing([numberedBlob(2).digest])).toHaveLength(1);
  expect(isMapped()).toBe(true);
  expect(Buffer.from(await store.blobs.get(digest))).toEqual(bytes);
});

test("nothing is lost where the map is let go while blobs are put, committed and read", async () => {
  const clock = steeredClock();
  const store = await openScratch({ dir: scratchFolder(), clock });
  const blobs = Array.from({ length: 3000 }, (_, index) => numberedBlob(index));
  let renewals = 0;
  for (let from = 0; from < blobs.length; from += 100) {
    const putting = blobs.slice(from, from + 100).map(({ digest, bytes }) => store.blobs.put(digest, bytes));
    renewals += clock.minute();
    await Promise.all(putting);
    const earlier = blobs[from / 2] as (typeof blobs)[number];
    expect(Buffer.from(await store.blobs.get(earlier.digest))).toEqual(earlier.bytes);
    renewals += clock.minute();
  }
  expect(renewals).toBeGreaterThan(1);
  expect(await store.blobs.missing(blobs.map(({ digest }) => digest))).toEqual([]);
});
