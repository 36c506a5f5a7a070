import { readdirSync, readFileSync, rmSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Entry, strippedEntry } from "@gstore/core";
import { EntryMaker } from "@gstore/testing";
import { expect, test } from "vitest";
import type { CasStore } from "../src/index.ts";
import { FaultyFiles } from "./faulty-files.ts";
import {
  clockWithoutUpkeep,
  contentOf,
  crashCopy,
  numberedBlob,
  openScratch,
  packPaths,
  scratchFolder,
} from "./scratch.ts";

/** Whether some file of the folder holds what is sealed in an entry. */
function holds(dir: string, { body }: Entry): boolean {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .some((one) => readFileSync(join(one.parentPath, one.name)).includes(Buffer.from(body.sealed ?? [])));
}

/** Entries of one key whose sealed bytes are nobody else's, with blobs between them. */
async function fill(store: CasStore, count: number): Promise<Entry[]> {
  const maker = new EntryMaker(1);
  // What it seals is zeros, which are everywhere.
  await store.entries.append([maker.next()], { complete: true });
  const entries: Entry[] = [];
  for (let index = 0; index < count; index++) {
    entries.push(maker.next({ sealedBytes: 200 + index }));
    const { digest, bytes } = numberedBlob(index, 3000);
    await store.blobs.put(digest, bytes);
    await store.entries.append(entries.slice(-1), { complete: true });
  }
  return entries;
}

const clock = clockWithoutUpkeep;

test("what was sealed is in no file any more, also of the pack that is being written, and nothing else is lost", async () => {
  const dir = scratchFolder();
  const store = await openScratch({ dir, clock, segmentBytesMax: 40_000 });
  const entries = await fill(store, 40);
  const going = [entries[3], entries[17], entries[39]] as Entry[];
  const before = await contentOf(store);
  for (const entry of entries) expect(holds(dir, entry)).toBe(true);
  await store.entries.strip(going.map(({ id }) => id));
  for (const entry of going) expect(holds(dir, entry)).toBe(true);
  expect(await store.entries.destroyStripped()).toBe(true);
  for (const entry of entries) expect(holds(dir, entry)).toBe(!going.includes(entry));
  expect(await contentOf(store)).toEqual(before);
});

test("writes go on while entries are stripped", async () => {
  const dir = scratchFolder();
  const store = await openScratch({ dir, clock, segmentBytesMax: 40_000 });
  const entries = await fill(store, 10);
  let isDone = false;
  const writing = (async () => {
    for (let number = 100; !isDone; number++) {
      const { digest, bytes } = numberedBlob(number, 500);
      await store.blobs.put(digest, bytes);
    }
  })();
  await store.entries.strip(entries.map(({ id }) => id));
  const gone: boolean[] = [];
  for (let attempt = 0; attempt < 50 && gone.at(-1) !== true; attempt++)
    gone.push(await store.entries.destroyStripped());
  isDone = true;
  await writing;
  expect(gone.at(-1)).toBe(true);
  for (const entry of entries) expect(holds(dir, entry)).toBe(false);
});

test.each([
  ["the index", false],
  ["an index made anew", true],
])(
  "a crash before the old record went leaves the stripped one, by %s, and the rest is done",
  async (_name, isAnew) => {
    const dir = scratchFolder();
    const store = await openScratch({ dir, clock });
    const entries = await fill(store, 6);
    await store.close();
    const again = await openScratch({ dir, clock });
    await again.entries.strip([entries[1]?.id, entries[5]?.id] as Entry["id"][]);
    const copy = crashCopy(dir);
    if (isAnew) rmSync(join(copy, "index"), { recursive: true });
    const reopened = await openScratch({ dir: copy, clock });
    for (const index of [1, 5]) {
      const entry = entries[index] as Entry;
      const bytes = (await reopened.entries.get(entry.id))?.entry.bytes as Uint8Array;
      expect(Buffer.from(bytes).equals(strippedEntry(entry)?.bytes as Uint8Array)).toBe(true);
    }
    expect(await reopened.entries.destroyStripped()).toBe(true);
    expect(holds(copy, entries[1] as Entry)).toBe(false);
    expect(holds(copy, entries[5] as Entry)).toBe(false);
    expect(holds(copy, entries[0] as Entry)).toBe(true);
  },
);

test("compaction that comes by while an entry is being stripped brings nothing back, by the index or one made anew", async () => {
  const dir = scratchFolder();
  const files = new FaultyFiles();
  const store = await openScratch({ dir, files, clock, segmentBytesMax: 40_000 });
  const entries = await fill(store, 40);
  // Compaction is worth it for the pack that holds the entry, and for no other.
  await store.blobs.delete(Array.from({ length: 8 }, (_, index) => numberedBlob(index, 3000).digest));
  const before = await contentOf(store);
  const entry = entries[2] as Entry;
  let release: () => void = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let isWriting: () => void = () => {};
  const writing = new Promise<void>((resolve) => {
    isWriting = resolve;
  });
  files.before = async ({ name }) => {
    if (name !== "write") return;
    isWriting();
    await released;
  };
  const stripping = store.entries.strip([entry.id]);
  await writing;
  // The stripped record is under way, and the index has the old one still.
  const compacting = store.compact();
  // As long as it would take compaction to get by, were it not waiting.
  for (let look = 0; look < 300; look++) await stat(dir);
  release();
  await Promise.all([stripping, compacting]);
  expect(await store.entries.destroyStripped()).toBe(true);
  expect(holds(dir, entry)).toBe(false);
  expect((await store.entries.get(entry.id))?.entry.body.sealed).toBeNull();
  expect(await contentOf(store)).toEqual(before);
  const copy = crashCopy(dir);
  rmSync(join(copy, "index"), { recursive: true });
  const anew = await openScratch({ dir: copy, clock });
  expect((await anew.entries.get(entry.id))?.entry.body.sealed).toBeNull();
});

test("purges one after the other do not write what lies beside the entries again and again", async () => {
  const dir = scratchFolder();
  const store = await openScratch({ dir, clock });
  const entries = await fill(store, 40);
  const before = await contentOf(store);
  const purge = async ({ id }: Entry): Promise<void> => {
    await store.entries.strip([id]);
    expect(await store.entries.destroyStripped()).toBe(true);
  };
  await purge(entries[0] as Entry);
  const blobs = packPaths(dir).filter((path) => readFileSync(path).includes(numberedBlob(20, 3000).bytes));
  for (const entry of entries.slice(1, 20)) await purge(entry);
  // The packs of the blobs are the same ones as after the first.
  expect(packPaths(dir)).toEqual(expect.arrayContaining(blobs));
  expect(blobs).toHaveLength(1);
  for (const [index, entry] of entries.entries()) expect(holds(dir, entry)).toBe(index >= 20);
  expect(await contentOf(store)).toEqual(before);
});
