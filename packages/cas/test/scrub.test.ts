import { closeSync, openSync, readFileSync, readSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Digest, ScrubStep } from "@gstore/core";
import { EntryMaker, makeMembershipRecord } from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { RECORD_HEADER_BYTES } from "../src/constants.ts";
import { type CasStore, openDiskStore } from "../src/index.ts";
import {
  clockWithoutUpkeep,
  contentOf,
  numberedBlob,
  openScratch,
  packPaths,
  scratchFolder,
} from "./scratch.ts";

const SEGMENT_BYTES = 100_000;
const STEP_BYTES = 20_000;

const given = (dir: string) => ({ dir, segmentBytesMax: SEGMENT_BYTES, clock: clockWithoutUpkeep });

/** A whole round, or what is left of one. */
async function scrubAll(store: CasStore, from: string | null = null): Promise<ScrubStep[]> {
  const steps: ScrubStep[] = [];
  for (let next = from; ; ) {
    const step = await store.scrub({ from: next, bytesMax: STEP_BYTES });
    steps.push(step);
    next = step.next;
    if (next === null) return steps;
  }
}

const damagedIn = (steps: readonly ScrubStep[]): Digest[] =>
  steps.flatMap(({ damaged }) => damaged.map(({ digest }) => digest)).sort();

/** Changes one byte in a file, as a disk would. */
function flip(path: string, at: number): void {
  const file = openSync(path, "r+");
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  writeSync(file, Buffer.of((byte[0] as number) ^ 0x10), 0, 1, at);
  closeSync(file);
}

/** Where in which pack something stands. */
function placeOf(dir: string, what: Uint8Array): { path: string; at: number } {
  for (const path of packPaths(dir)) {
    const at = readFileSync(path).indexOf(what);
    if (at > 0) return { path, at };
  }
  throw new Error("not in any pack");
}

/** Blobs over several segments. */
async function filled(dir: string): Promise<{ store: CasStore; blobs: ReturnType<typeof numberedBlob>[] }> {
  const store = await openScratch(given(dir));
  const blobs = Array.from({ length: 300 }, (_, index) => numberedBlob(index, 1500));
  for (let from = 0; from < blobs.length; from += 20)
    await Promise.all(
      blobs.slice(from, from + 20).map(({ digest, bytes }) => store.blobs.put(digest, bytes)),
    );
  return { store, blobs };
}

describe("scrub", () => {
  test("a round comes by every blob once, in steps of bounded size, and goes on after a restart", async () => {
    const dir = scratchFolder();
    const { store, blobs } = await filled(dir);
    expect(packPaths(dir).length).toBeGreaterThan(3);
    const first = [await store.scrub({ from: null, bytesMax: STEP_BYTES })];
    first.push(await store.scrub({ from: first[0]?.next ?? null, bytesMax: STEP_BYTES }));
    await store.close();
    const again = await openScratch(given(dir));
    const steps = [...first, ...(await scrubAll(again, first[1]?.next))];
    expect(steps.reduce((sum, step) => sum + step.blobs, 0)).toBe(blobs.length);
    for (const [index, { bytes, bytesLeft }] of steps.entries()) {
      expect(bytes).toBeLessThan(STEP_BYTES + 2 * 4096 + 2000);
      expect(bytesLeft).toBeLessThan(steps[index - 1]?.bytesLeft ?? Number.POSITIVE_INFINITY);
    }
    expect(steps.length).toBeGreaterThan(20);
    expect(damagedIn(steps)).toEqual([]);
  });

  test("what compaction moves meanwhile is not missed, and a position of nowhere begins a round", async () => {
    const dir = scratchFolder();
    const { store, blobs } = await filled(dir);
    const { next } = await store.scrub({ from: null, bytesMax: STEP_BYTES });
    await store.blobs.delete(blobs.filter((_, index) => index % 3 > 0).map(({ digest }) => digest));
    expect((await store.compact()).segmentsRemoved).toBeGreaterThan(2);
    expect(damagedIn(await scrubAll(store, next))).toEqual([]);
    const round = await scrubAll(store, "no position");
    expect(round.reduce((sum, step) => sum + step.blobs, 0)).toBe(100);
  });

  test("blobs damaged in body, in header, and behind a pack's end are found, and found once", async () => {
    const dir = scratchFolder();
    const { store, blobs } = await filled(dir);
    const hit = [20, 120, 220].map((index) => blobs[index] as (typeof blobs)[0]);
    for (const { bytes } of hit.slice(0, 2)) {
      const { path, at } = placeOf(dir, bytes);
      flip(path, bytes === hit[0]?.bytes ? at + 700 : at - RECORD_HEADER_BYTES + 30);
    }
    const gone = placeOf(dir, hit[2]?.bytes ?? Buffer.alloc(1)).path;
    const lost = blobs.filter(({ bytes }) => readFileSync(gone).includes(bytes));
    rmSync(gone);
    const found = damagedIn(await scrubAll(store));
    const expected = [...hit.slice(0, 2), ...lost].map(({ digest }) => digest).sort();
    expect(found).toEqual(expected);
    expect((await store.blobs.missing(expected)).sort()).toEqual(expected);
    for (const { digest, bytes } of [...hit, ...lost]) await store.blobs.put(digest, bytes);
    expect(damagedIn(await scrubAll(store))).toEqual([]);
  });
});

/** One of everything that stands in a pack, and where to hit it. */
async function damagedStore(
  kind: string,
): Promise<{ dir: string; store: CasStore; mend: () => Promise<void> }> {
  const dir = scratchFolder();
  const store = await openDiskStore(given(dir));
  const blob = numberedBlob(1, 1500);
  const deleted = numberedBlob(2, 700);
  const entry = new EntryMaker(1).next({ key: "a" });
  const record = makeMembershipRecord(1);
  const mend = async (to: CasStore): Promise<void> => {
    await to.blobs.put(blob.digest, blob.bytes);
    await to.entries.append([entry], { complete: true });
    await to.membership.append([record]);
  };
  await mend(store);
  await store.blobs.put(deleted.digest, deleted.bytes);
  await store.blobs.delete([deleted.digest]);
  for (let index = 10; index < 14; index++)
    await store.blobs.put(numberedBlob(index).digest, numberedBlob(index).bytes);
  await store.close();
  const [path = ""] = packPaths(dir);
  const pack = readFileSync(path);
  const at = (bytes: Uint8Array): number => pack.indexOf(bytes);
  // Each of these was a group of its own: it ends at the next block with a padding record.
  const padding = at(blob.bytes) + blob.bytes.length;
  const deletion = at(deleted.bytes) + deleted.bytes.length;
  const places: Record<string, number> = {
    "a blob's body": at(blob.bytes) + 100,
    "a blob's header": at(blob.bytes) - 10,
    "an entry's body": at(entry.bytes) + 10,
    "an entry's header": at(entry.bytes) - 40,
    "a membership record's body": at(record.bytes) + 5,
    "a membership record's header": at(record.bytes) - 1,
    "a padding's header": padding + 20,
    "a padding's body": padding + RECORD_HEADER_BYTES + 20,
    "a deletion's header": 4096 * Math.ceil(deletion / 4096) + 20,
    "a deletion's body": 4096 * Math.ceil(deletion / 4096) + RECORD_HEADER_BYTES + 20,
    "a deleted blob's body": at(deleted.bytes) + 20,
    "the segment's header": 1000,
  };
  flip(path, places[kind] as number);
  const opened = await openScratch(given(dir));
  return { dir, store: opened, mend: () => mend(opened) };
}

describe("one changed byte", () => {
  const NOTHING = { blobs: 0, entries: 0, records: 0, spans: 0 };
  test.each([
    ["a blob's body", { ...NOTHING, blobs: 1 }],
    ["a blob's header", { ...NOTHING, blobs: 1, spans: 1 }],
    ["an entry's body", { ...NOTHING, entries: 1, spans: 1 }],
    ["an entry's header", { ...NOTHING, entries: 1, spans: 1 }],
    ["a membership record's body", { ...NOTHING, records: 1, spans: 1 }],
    ["a membership record's header", { ...NOTHING, records: 1, spans: 1 }],
    ["a padding's header", { ...NOTHING, spans: 1 }],
    ["a padding's body", NOTHING],
    ["a deletion's header", { ...NOTHING, spans: 1 }],
    ["a deletion's body", { ...NOTHING, spans: 1 }],
    ["a deleted blob's body", NOTHING],
    ["the segment's header", { ...NOTHING, spans: 1 }],
  ])("in %s is found, and gone once what it hit was stored again", async (kind, expected) => {
    const { dir, store, mend } = await damagedStore(kind);
    const steps = await scrubAll(store);
    const sum = (count: (step: ScrubStep) => number) => steps.reduce((total, step) => total + count(step), 0);
    const found = {
      blobs: sum(({ damaged }) => damaged.length),
      entries: sum(({ damagedEntries }) => damagedEntries.length),
      records: sum(({ damagedRecords }) => damagedRecords),
      spans: sum(({ damagedSpans }) => damagedSpans.length),
    };
    expect(found).toEqual(expected);
    const isHit = expected.blobs + expected.entries + expected.records > 0;
    if (isHit) {
      // What is in use and damaged keeps its pack.
      expect(await store.retireDamagedPacks()).toBe(0);
      await mend();
    }
    expect(await store.retireDamagedPacks()).toBe(expected === NOTHING ? 0 : 1);
    const clean = { damaged: [], damagedEntries: [], damagedRecords: 0, damagedSpans: [] };
    expect(await store.blobs.verify()).toMatchObject(clean);
    const content = await contentOf(store);
    expect([content.blobs.length, content.entries.length, content.membership.length]).toEqual([5, 1, 1]);
    await store.close();
    rmSync(join(dir, "index"), { recursive: true });
    const rebuilt = await openScratch(given(dir));
    const after = await contentOf(rebuilt);
    expect([after.entries, after.membership]).toEqual([content.entries, content.membership]);
    expect(after.blobs).toEqual(expect.arrayContaining(content.blobs));
  });

  test("in the header of a pack that seals another keeps the pack", async () => {
    const dir = scratchFolder();
    const store = await openScratch(given(dir));
    await store.blobs.put(numberedBlob(1).digest, numberedBlob(1).bytes);
    const [path = ""] = packPaths(dir);
    const file = openSync(path, "r+");
    // As a header with one seal, and one byte of it changed.
    writeSync(file, Buffer.of(1), 0, 1, 20);
    writeSync(file, Buffer.of(7), 0, 1, 40);
    writeSync(file, Buffer.of(0, 0x20), 0, 2, 48);
    closeSync(file);
    expect((await scrubAll(store))[0]?.damagedSpans).toHaveLength(1);
    expect(await store.retireDamagedPacks()).toBe(0);
    expect(packPaths(dir)).toContain(path);
  });
});
