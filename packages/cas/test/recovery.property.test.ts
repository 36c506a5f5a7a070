import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { EntryMaker, makeMembershipRecord } from "@gstore/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CasStore, openDiskStore } from "../src/index.ts";
import {
  clockWithoutUpkeep,
  contentOf,
  crashCopy,
  numberedBlob,
  packPaths,
  type StoreContent,
  scratchFolder,
} from "./scratch.ts";

type Step =
  | { readonly kind: "put"; readonly number: number; readonly size: number }
  | { readonly kind: "delete"; readonly numbers: readonly number[] }
  | { readonly kind: "entry"; readonly author: number; readonly sealedBytes: number }
  | { readonly kind: "member"; readonly member: number };

/** What was acknowledged after a step, and how many bytes the last pack had then without padding. */
interface Acknowledged {
  readonly content: StoreContent;
  readonly pack: string;
  readonly recordEnd: number;
}

const HEADER_BYTES = 64;
const SEGMENT_HEADER = 4096;

const number = fc.nat(6);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("put" as const), number, size: fc.nat(6000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("delete" as const),
      numbers: fc.array(number, { minLength: 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("entry" as const),
      author: fc.nat(1),
      sealedBytes: fc.integer({ min: 1, max: 5000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("member" as const), member: fc.nat(3) }) },
);
const steps = fc.array(step, { minLength: 1, maxLength: 14 });

/** Takes the steps one after the other; each that writes something is one group of one record. */
async function run(store: CasStore, dir: string, all: readonly Step[]): Promise<Acknowledged[]> {
  const makers = [new EntryMaker(1), new EntryMaker(2)];
  const acknowledged: Acknowledged[] = [{ content: await contentOf(store), pack: "", recordEnd: 0 }];
  const sizes = new Map<number, number>();
  for (const one of all) {
    const before = newestPack(dir);
    let bodyBytes = 0;
    if (one.kind === "put") {
      const blob = numberedBlob(one.number, sizes.get(one.number) ?? one.size);
      sizes.set(one.number, blob.bytes.length);
      await store.blobs.put(blob.digest, blob.bytes);
      bodyBytes = blob.bytes.length;
    } else if (one.kind === "delete") {
      const digests = new Set(one.numbers.map((each) => numberedBlob(each, sizes.get(each) ?? 0).digest));
      bodyBytes = 40 * (digests.size - (await store.blobs.missing([...digests])).length);
      await store.blobs.delete([...digests]);
    } else if (one.kind === "entry") {
      const entry = (makers[one.author] as EntryMaker).next({ sealedBytes: one.sealedBytes });
      await store.entries.append([entry], { complete: true });
      bodyBytes = entry.bytes.length;
    } else {
      const record = makeMembershipRecord(one.member);
      await store.membership.append([record]);
      bodyBytes = record.bytes.length;
    }
    const after = newestPack(dir);
    if (after.path === before.path && after.size === before.size) continue;
    const start = after.path === before.path ? before.size : SEGMENT_HEADER;
    const recordEnd = start + HEADER_BYTES + bodyBytes;
    acknowledged.push({ content: await contentOf(store), pack: after.path, recordEnd });
  }
  return acknowledged;
}

function newestPack(dir: string): { path: string; size: number } {
  const path = packPaths(dir).at(-1);
  return path === undefined ? { path: "", size: 0 } : { path, size: statSync(path).size };
}

/** What must be there when the newest pack ends after `length` bytes. */
function expectedAt(acknowledged: readonly Acknowledged[], pack: string, length: number): StoreContent {
  const last = acknowledged.findLast((state) => state.pack !== pack || state.recordEnd <= length);
  return (last as Acknowledged).content;
}

/** Entries come back as not known to be complete, which `contentOf` leaves out; the rest is the same. */
async function reopened(dir: string): Promise<StoreContent> {
  const store = await openDiskStore({ dir });
  try {
    // What was torn off is gone without a trace.
    expect(await store.blobs.verify()).toMatchObject({ damaged: [], damagedSpans: [] });
    return await contentOf(store);
  } finally {
    await store.close();
  }
}

describe("recovery", () => {
  test("a store cut at any byte has all that was acknowledged before, and nothing else", {
    timeout: 240_000,
  }, async () => {
    const cut = fc.record({
      // Not a double: most of those are next to 0.
      place: fc.nat(1_000_000),
      dropsIndex: fc.boolean(),
      // A disk may have given the file its length, and not yet its bytes. Not of what the index was committed after.
      keepsLength: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(steps, fc.array(cut, { minLength: 3, maxLength: 3 }), async (all, cuts) => {
        const dir = scratchFolder();
        const store = await openDiskStore({ dir, segmentBytesMax: 40_000, clock: clockWithoutUpkeep });
        const acknowledged = await run(store, dir, all);
        for (const { place, dropsIndex, keepsLength } of cuts) {
          const copy = crashCopy(dir);
          const { path, size } = newestPack(copy);
          if (path === "") break;
          // A segment's header is synced before anything is written behind it.
          const length = Math.max(place % (size + 1), keepsLength ? SEGMENT_HEADER : 0);
          truncateSync(path, length);
          if (keepsLength) truncateSync(path, size);
          if (dropsIndex || keepsLength) rmSync(join(copy, "index"), { recursive: true });
          const original = newestPack(dir).path;
          expect(await reopened(copy)).toEqual(expectedAt(acknowledged, original, length));
          // What recovery made of it stays.
          if (dropsIndex) expect(await reopened(copy)).toEqual(expectedAt(acknowledged, original, length));
        }
        await store.close();
      }),
      { numRuns: 25 },
    );
  });

  test("a small store can be cut at every byte of its records", { timeout: 240_000 }, async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    const acknowledged = await run(store, dir, [
      { kind: "put", number: 1, size: 30 },
      { kind: "entry", author: 0, sealedBytes: 1 },
      { kind: "delete", numbers: [1] },
    ]);
    await store.close();
    const { path } = newestPack(dir);
    const bytes = readFileSync(path);
    const ends = acknowledged.map((state) => state.recordEnd);
    for (let length = SEGMENT_HEADER; length < bytes.length; length++) {
      const near = ends.some((end) => length >= end - 3 && length <= end + 3) || length % 1024 === 0;
      const atBlock = length % 4096 < HEADER_BYTES + 2;
      if (!near && !atBlock) continue;
      const copy = scratchFolder();
      mkdirSync(join(copy, "packs"));
      copyFileSync(join(dir, "format.json"), join(copy, "format.json"));
      writeFileSync(join(copy, "packs", path.slice(-15)), bytes.subarray(0, length));
      expect(await reopened(copy), `cut at ${length}`).toEqual(expectedAt(acknowledged, path, length));
      rmSync(copy, { recursive: true });
    }
  });

  test("a flipped byte costs at most its record, is reported, and is never served", {
    timeout: 240_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (all, place, mask, drops) => {
          const dir = scratchFolder();
          const store = await openDiskStore({ dir });
          // A last record behind which nothing is changed: what is in front of it is then no tail.
          const last = numberedBlob(99, 10);
          await run(store, dir, all);
          await store.blobs.put(last.digest, last.bytes);
          const before = await contentOf(store);
          await store.close();
          const { path, size } = newestPack(dir);
          const bytes = readFileSync(path);
          const at = place % (size - 4096);
          bytes[at] = (bytes[at] as number) ^ mask;
          writeFileSync(path, bytes);
          if (drops) rmSync(join(dir, "index"), { recursive: true });
          let isTold = false;
          const entryLost = async (): Promise<void> => {
            isTold = true;
          };
          const damaged = await openDiskStore({ dir, entryLost });
          const report = await damaged.blobs.verify();
          const after = await contentOf(damaged);
          const lost = before.blobs.filter((digest) => !after.blobs.includes(digest));
          expect(lost.length).toBeLessThanOrEqual(1);
          expect(await damaged.blobs.missing(before.blobs)).toEqual(lost);
          const isKnown = report.damaged.length + report.damagedSpans.length > 0;
          if (lost.length > 0) expect(isKnown).toBe(true);
          const entriesLost = before.entries.filter((id) => !after.entries.includes(id));
          expect(entriesLost.length).toBeLessThanOrEqual(1);
          if (entriesLost.length > 0) expect(report.damagedSpans.length).toBeGreaterThan(0);
          if (entriesLost.length > 0 && drops) expect(isTold).toBe(true);
          // Nothing that was never there; what a damaged deletion had deleted may be back.
          expect(after.entries.every((id) => before.entries.includes(id))).toBe(true);
          await damaged.close();
        },
      ),
      {
        numRuns: 60,
        // An entry whose damage was found when the index was made anew: nothing but its record tells of it.
        examples: [[[{ kind: "entry", author: 0, sealedBytes: 1 }], 687_165_504, 1, true]],
      },
    );
  });
});
