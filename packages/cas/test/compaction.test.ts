import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EntryMaker, makeMembershipRecord } from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { nodeDiskFiles } from "../src/disk-files.ts";
import { type CasStore, openDiskStore } from "../src/index.ts";
import { SegmentFiles } from "../src/pack/segment-files.ts";
import { readStored } from "../src/record-reader.ts";
import { FaultyFiles, systemError } from "./faulty-files.ts";
import {
  clockWithoutUpkeep,
  contentOf,
  crashCopy,
  numberedBlob,
  openScratch,
  packPaths,
  scratchFolder,
} from "./scratch.ts";

const SEGMENT_BYTES = 100_000;

/** Fills several segments with blobs, entries and membership records between one another. */
async function fill(
  store: CasStore,
  count: number,
  { size = 1000, entriesOf20 = 1 }: { size?: number; entriesOf20?: number } = {},
): Promise<ReturnType<typeof numberedBlob>[]> {
  const blobs = Array.from({ length: count }, (_, index) => numberedBlob(index, size));
  const maker = new EntryMaker(1);
  for (let from = 0; from < count; from += 20) {
    await Promise.all([
      ...blobs.slice(from, from + 20).map(({ digest, bytes }) => store.blobs.put(digest, bytes)),
      store.entries.append(
        Array.from({ length: entriesOf20 }, () => maker.next({ key: `key ${from % 3}` })),
        { complete: true },
      ),
      store.membership.append([makeMembershipRecord(from)]),
    ]);
  }
  return blobs;
}

/** Bytes of the packs: the index's file never shrinks, and how far it grew depends on how often it was committed. */
function packBytes(dir: string): number {
  return packPaths(dir).reduce((sum, path) => sum + statSync(path).size, 0);
}

describe("compaction", () => {
  const half = (index: number, count: number): Record<string, boolean> => ({
    "every other": index % 2 === 0,
    "the first half": index < count / 2,
    "the last half": index >= count / 2,
    "most of some segments and little of others": index % 1000 < 450 || index % 20 === 0,
  });
  const spreads = Object.keys(half(0, 1));
  test.each(spreads)("when %s is deleted, at least 95 percent of its bytes are freed", async (spread) => {
    const dir = scratchFolder();
    const store = await openScratch({ dir, segmentBytesMax: 500_000, clock: clockWithoutUpkeep });
    const count = 4000;
    // With entries between them, as files of a few KiB have them: they are a good part of the store.
    const blobs = await fill(store, count, { entriesOf20: 20 });
    const before = packBytes(dir);
    const deleted = blobs.filter((_, index) => half(index, count)[spread]);
    await store.blobs.delete(deleted.map(({ digest }) => digest));
    const report = await store.compact();
    expect(report.segmentsRemoved).toBeGreaterThan(0);
    const freed = before - packBytes(dir);
    const bytes = deleted.reduce((sum, blob) => sum + blob.bytes.length, 0);
    expect(freed / bytes).toBeGreaterThan(0.95);
    const kept = blobs.filter((_, index) => !half(index, count)[spread]);
    expect((await contentOf(store)).blobs).toEqual(kept.map(({ digest }) => digest).sort());
    expect(await store.compact()).toEqual({ segmentsRemoved: 0, freedBytes: 0 });
  });

  test("a crash at any step loses nothing and brings nothing back", { timeout: 120_000 }, async () => {
    const files = new FaultyFiles();
    const dir = scratchFolder();
    const store = await openScratch({
      dir,
      files,
      segmentBytesMax: SEGMENT_BYTES,
      clock: clockWithoutUpkeep,
    });
    const blobs = await fill(store, 240);
    await store.blobs.delete(blobs.filter((_, index) => index % 3 !== 0).map(({ digest }) => digest));
    const expected = await contentOf(store);
    const copies: { copy: string; at: string }[] = [];
    files.before = ({ name, path }) => {
      copies.push({ copy: crashCopy(dir), at: `before ${name} of ${path} (${copies.length})` });
    };
    await store.compact();
    files.before = () => {};
    expect(packPaths(dir).length).toBeLessThan(4);
    expect(copies.length).toBeGreaterThan(12);
    for (const [index, { copy, at }] of copies.entries()) {
      if (index % 2 === 0) rmSync(join(copy, "index"), { recursive: true });
      const crashed = await openDiskStore({
        dir: copy,
        segmentBytesMax: SEGMENT_BYTES,
        clock: clockWithoutUpkeep,
      });
      expect(await contentOf(crashed), at).toEqual(expected);
      await crashed.compact();
      expect(await contentOf(crashed), `${at}, compacted`).toEqual(expected);
      await crashed.close();
      rmSync(join(copy, "index"), { recursive: true });
      const rebuilt = await openDiskStore({ dir: copy });
      expect(await contentOf(rebuilt), `${at}, rebuilt`).toEqual(expected);
      expect((await rebuilt.blobs.verify()).damagedSpans, at).toEqual([]);
      await rebuilt.close();
      rmSync(copy, { recursive: true });
    }
  });

  test("deletions outlive their segment while an older one holds the blob", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir, segmentBytesMax: SEGMENT_BYTES, clock: clockWithoutUpkeep });
    // The first segment: one blob to be deleted among many that stay.
    const stay = Array.from({ length: 90 }, (_, index) => numberedBlob(index, 1000));
    const gone = numberedBlob(500, 1000);
    await Promise.all([gone, ...stay].map(({ digest, bytes }) => store.blobs.put(digest, bytes)));
    // The second: the deletion, among blobs that are deleted later, so that it is compacted first.
    const later = Array.from({ length: 80 }, (_, index) => numberedBlob(1000 + index, 1000));
    await store.blobs.put(numberedBlob(700, 5000).digest, numberedBlob(700, 5000).bytes);
    await store.blobs.delete([gone.digest]);
    await Promise.all(later.map(({ digest, bytes }) => store.blobs.put(digest, bytes)));
    const third = Array.from({ length: 95 }, (_, index) => numberedBlob(2000 + index, 1000));
    await Promise.all(third.map(({ digest, bytes }) => store.blobs.put(digest, bytes)));
    await store.blobs.delete(later.map(({ digest }) => digest));
    await store.compact();
    const names = packPaths(dir).map((path) => path.slice(-7));
    expect(names).toContain("01.pack");
    expect(names).not.toContain("02.pack");
    const expected = await contentOf(store);
    await store.close();
    rmSync(join(dir, "index"), { recursive: true });
    const rebuilt = await openScratch({ dir });
    expect(await rebuilt.blobs.missing([gone.digest])).toEqual([gone.digest]);
    expect(await contentOf(rebuilt)).toEqual(expected);
  });

  test("reads, puts and deletions while segments are removed go on", { timeout: 60_000 }, async () => {
    const dir = scratchFolder();
    const store = await openScratch({ dir, segmentBytesMax: SEGMENT_BYTES, clock: clockWithoutUpkeep });
    const blobs = await fill(store, 1000);
    await store.blobs.delete(blobs.filter((_, index) => index % 2 === 0).map(({ digest }) => digest));
    const kept = blobs.filter((_, index) => index % 2 === 1);
    let isDone = false;
    const reads = Array.from({ length: 8 }, async (_, reader) => {
      for (let index = reader; !isDone; index = (index + 7) % 400) {
        const { digest, bytes } = kept[index] as (typeof kept)[0];
        expect(Buffer.compare(await store.blobs.get(digest), bytes)).toBe(0);
      }
    });
    const changes = (async () => {
      for (const { digest, bytes } of kept.slice(400)) {
        await Promise.all([store.blobs.delete([digest]), store.blobs.put(digest, bytes)]);
      }
    })();
    await store.compact();
    isDone = true;
    await Promise.all([...reads, changes]);
    await store.compact();
    const expected = kept.map(({ digest }) => digest).sort();
    expect((await contentOf(store)).blobs).toEqual(expected);
    await store.close();
    rmSync(join(dir, "index"), { recursive: true });
    const rebuilt = await openScratch({ dir });
    expect((await contentOf(rebuilt)).blobs).toEqual(expected);
  });

  test("a blob whose deletion fails while its segment is compacted is not lost", async () => {
    const files = new FaultyFiles();
    const store = await openScratch({
      dir: scratchFolder(),
      files,
      segmentBytesMax: SEGMENT_BYTES,
      clock: clockWithoutUpkeep,
    });
    // Nothing but blobs: a record that has to be moved would fail together with the deletion, and end the compaction.
    const blobs = Array.from({ length: 90 }, (_, index) => numberedBlob(index, 1000));
    await Promise.all(blobs.map(({ digest, bytes }) => store.blobs.put(digest, bytes)));
    const victim = blobs[0] as (typeof blobs)[0];
    await store.blobs.put(numberedBlob(5000, 90_000).digest, numberedBlob(5000, 90_000).bytes);
    await store.blobs.delete(blobs.slice(1).map(({ digest }) => digest));
    const { promise: disk, resolve: syncEnds } = Promise.withResolvers<void>();
    files.before = async ({ name }) => {
      if (name !== "datasync") return;
      files.before = () => {};
      await disk;
      throw systemError("EIO");
    };
    const deletion = store.blobs.delete([victim.digest]);
    const compaction = store.compact();
    // Long enough for the compaction to come by the blob, in steps and not in time: reads that really happen.
    for (let step = 0; step < 200; step++) await store.blobs.get(victim.digest);
    syncEnds();
    await expect(deletion).rejects.toMatchObject({ code: "STORE_IO" });
    await compaction.catch(() => undefined);
    await store.compact();
    expect(Buffer.compare(await store.blobs.get(victim.digest), victim.bytes)).toBe(0);
  });

  /** One segment of which the first blob is in use, and a second one. */
  async function halfDead(
    files: FaultyFiles,
  ): Promise<{ dir: string; store: CasStore; victim: ReturnType<typeof numberedBlob> }> {
    const dir = scratchFolder();
    const store = await openScratch({
      dir,
      files,
      segmentBytesMax: 1_000_000,
      clock: clockWithoutUpkeep,
    });
    const blobs = Array.from({ length: 60 }, (_, index) => numberedBlob(index, 15_000));
    await Promise.all(blobs.map(({ digest, bytes }) => store.blobs.put(digest, bytes)));
    // So large that what is dead afterwards, fillings between records included, is not worth another compaction.
    await store.blobs.put(numberedBlob(5000, 950_000).digest, numberedBlob(5000, 950_000).bytes);
    await store.blobs.delete(blobs.slice(1).map(({ digest }) => digest));
    return { dir, store, victim: blobs[0] as (typeof blobs)[0] };
  }

  /** Holds the next sync back until `release` is called. */
  function holdSync(files: FaultyFiles): { begun: Promise<void>; release: () => void } {
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    files.before = async ({ name }) => {
      if (name !== "datasync") return;
      files.before = () => {};
      begun.resolve();
      await held.promise;
    };
    return { begun: begun.promise, release: held.resolve };
  }

  test("a blob that is being deleted while its segment is compacted does not come back", async () => {
    const files = new FaultyFiles();
    const { dir, store, victim } = await halfDead(files);
    const sync = holdSync(files);
    const deletion = store.blobs.delete([victim.digest]);
    await sync.begun;
    const compaction = store.compact();
    for (let step = 0; step < 200; step++) await store.blobs.get(victim.digest);
    sync.release();
    await Promise.all([deletion, compaction]);
    expect(await store.blobs.missing([victim.digest])).toEqual([victim.digest]);
    await store.close();
    rmSync(join(dir, "index"), { recursive: true });
    const rebuilt = await openScratch({ dir });
    expect(await rebuilt.blobs.missing([victim.digest])).toEqual([victim.digest]);
  });

  test("the deletion of a blob that is being moved names the segment it is moved to", async () => {
    const files = new FaultyFiles();
    const { dir, store, victim } = await halfDead(files);
    const sync = holdSync(files);
    const compaction = store.compact();
    await sync.begun;
    const deletion = store.blobs.delete([victim.digest]);
    sync.release();
    await Promise.all([deletion, compaction]);
    const pack = readFileSync(packPaths(dir).at(-1) as string);
    const copy = pack.indexOf(victim.bytes);
    expect(copy).toBeGreaterThan(0);
    const item = pack.lastIndexOf(Buffer.from(victim.digest.slice(4), "hex"));
    expect(item).toBeGreaterThan(copy);
    expect(pack.readUInt32LE(item + 32)).toBe(Number((packPaths(dir).at(-1) as string).slice(-15, -5)));
  });

  test("a read that is under way when its segment is removed is finished", async () => {
    const files = new FaultyFiles();
    const { store, victim } = await halfDead(files);
    const held = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    files.beforeRead = async () => {
      files.beforeRead = () => {};
      begun.resolve();
      await held.promise;
    };
    const read = store.blobs.get(victim.digest);
    await begun.promise;
    expect((await store.compact()).segmentsRemoved).toBeGreaterThan(0);
    held.resolve();
    expect(Buffer.compare(await read, victim.bytes)).toBe(0);
  });

  test("a read that finds its segment gone looks where the record is now", async () => {
    const { dir, store, victim } = await halfDead(new FaultyFiles());
    await store.close();
    const files = new SegmentFiles(join(dir, "packs"), nodeDiskFiles);
    const pack = readFileSync(packPaths(dir)[0] as string);
    const places = [999, 1].map((segment) => ({
      segment,
      offset: pack.indexOf(victim.bytes) - 64,
      size: victim.bytes.length,
    }));
    const stored = await readStored(files, () => places.shift());
    expect(Buffer.compare(stored?.body ?? Buffer.alloc(0), victim.bytes)).toBe(0);
    await files.close();
  });

  test("a segment with a damaged blob is kept until the blob is replaced", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir, segmentBytesMax: SEGMENT_BYTES, clock: clockWithoutUpkeep });
    const blobs = await fill(store, 90);
    const [victim] = blobs;
    if (victim === undefined) throw new Error("no blobs");
    await store.close();
    const [path] = packPaths(dir);
    const pack = readFileSync(path as string);
    const at = pack.indexOf(victim.bytes);
    pack[at] = 0;
    writeFileSync(path as string, pack);
    const again = await openDiskStore({ dir, segmentBytesMax: SEGMENT_BYTES, clock: clockWithoutUpkeep });
    await again.blobs.delete(blobs.slice(1, 80).map(({ digest }) => digest));
    await again.blobs.put(numberedBlob(5000, 90_000).digest, numberedBlob(5000, 90_000).bytes);
    await again.compact();
    expect(packPaths(dir)).toContain(path);
    expect(await again.blobs.missing([victim.digest])).toEqual([victim.digest]);
    await again.blobs.put(victim.digest, victim.bytes);
    await again.close();
    const last = await openScratch({ dir, segmentBytesMax: SEGMENT_BYTES, clock: clockWithoutUpkeep });
    await last.compact();
    expect(packPaths(dir)).not.toContain(path);
    expect(Buffer.compare(await last.blobs.get(victim.digest), victim.bytes)).toBe(0);
  });
});
