import { createHash, randomBytes } from "node:crypto";
import { cpSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EntryMaker, makeMembershipRecord } from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { type CasStore, openDiskStore } from "../src/index.ts";
import {
  clockWithoutUpkeep,
  contentOf,
  crashCopy,
  numberedBlob,
  openScratch,
  scratchFolder,
} from "./scratch.ts";

async function fill(store: CasStore): Promise<void> {
  const blobs = Array.from({ length: 500 }, (_, index) => numberedBlob(index, 50 + index));
  await Promise.all(blobs.map(({ digest, bytes }) => store.blobs.put(digest, bytes)));
  await store.blobs.delete(blobs.slice(0, 100).map(({ digest }) => digest));
  const maker = new EntryMaker(1);
  await store.entries.append(
    Array.from({ length: 50 }, (_, index) => maker.next({ key: `key ${index % 7}` })),
    { complete: true },
  );
  await store.membership.append([makeMembershipRecord(1), makeMembershipRecord(2)]);
}

/** Damages to `index/data.mdb`, by what they are called. */
const DAMAGES: [string, (path: string) => void][] = [
  ["missing", (path) => rmSync(path)],
  ["empty", (path) => truncateSync(path, 0)],
  ["cut within its first page", (path) => truncateSync(path, 100)],
  ["cut behind its meta pages", (path) => truncateSync(path, 8192)],
  ["cut in half", (path) => truncateSync(path, statSync(path).size / 2)],
  ["zeroed", (path) => writeFileSync(path, Buffer.alloc(statSync(path).size))],
  ["random", (path) => writeFileSync(path, randomBytes(statSync(path).size))],
  ["changed in one value", (path) => changeValue(path)],
  ...Array.from({ length: 6 }, (_, seed): [string, (path: string) => void] => [
    `garbled on some pages (${seed})`,
    (path) => garblePages(path, seed),
  ]),
];

function garblePages(path: string, seed: number): void {
  const bytes = readFileSync(path);
  const pages = bytes.length / 4096;
  for (let index = 0; index < 8; index++) {
    const chance = createHash("sha256").update(`${seed} ${index}`).digest();
    const page = 2 + (chance.readUInt32LE(0) % (pages - 2));
    for (let at = 0; at < 4096; at += 32) chance.copy(bytes, page * 4096 + at);
  }
  writeFileSync(path, bytes);
}

/** Changes the segment's number in the place of a blob: LMDB itself has no way to notice. */
function changeValue(path: string): void {
  const bytes = readFileSync(path);
  const digest = Buffer.from(numberedBlob(200, 250).digest.slice(4), "hex");
  for (let at = bytes.indexOf(digest); at >= 0; at = bytes.indexOf(digest, at + 1)) {
    const value = at + digest.length;
    bytes[value] = (bytes[value] as number) + 1;
  }
  writeFileSync(path, bytes);
}

describe("the index", () => {
  for (const [state, isClosed] of [
    ["after closing", true],
    ["after a crash", false],
  ] as const) {
    test.each(DAMAGES)(`${state}, when %s, is rebuilt from the packs`, async (_name, damage) => {
      const dir = scratchFolder();
      const first = await openDiskStore({ dir });
      await fill(first);
      // So that the index is committed, and not just in memory when the crash comes.
      await first.close();
      const store = await openDiskStore({ dir });
      const content = await contentOf(store);
      const usage = store.blobs.usage();
      const epoch = store.entries.arrivalEpoch;
      let copy = dir;
      if (isClosed) await store.close();
      else copy = crashCopy(dir);
      damage(join(copy, "index", "data.mdb"));
      const rebuilt = await openScratch({ dir: copy });
      expect(await contentOf(rebuilt)).toEqual(content);
      expect(rebuilt.blobs.usage()).toEqual(usage);
      expect(rebuilt.entries.count()).toBe(50);
      expect(rebuilt.entries.arrivalEpoch).not.toBe(epoch);
      if (!isClosed) await store.close();
    });
  }

  test("is kept as it is after closing and after a crash", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    await fill(store);
    const arrivals = (await store.entries.since(0, 100)).map(({ arrival }) => arrival);
    await store.close();
    const reopened = await openDiskStore({ dir });
    expect(reopened.entries.arrivalEpoch).toBe(store.entries.arrivalEpoch);
    expect((await reopened.entries.since(0, 100)).every(({ complete }) => complete)).toBe(true);
    const copy = crashCopy(dir);
    await reopened.close();
    const crashed = await openScratch({ dir: copy });
    expect(crashed.entries.arrivalEpoch).toBe(store.entries.arrivalEpoch);
    expect((await crashed.entries.since(0, 100)).map(({ arrival }) => arrival)).toEqual(arrivals);
  });

  test("of another store is not used", async () => {
    const [dir, other] = [scratchFolder(), scratchFolder()];
    for (const folder of [dir, other]) {
      const store = await openDiskStore({ dir: folder });
      const { digest, bytes } = numberedBlob(folder === dir ? 1 : 2);
      await store.blobs.put(digest, bytes);
      await store.close();
    }
    for (const name of ["data.mdb", "state.json"]) {
      writeFileSync(join(dir, "index", name), readFileSync(join(other, "index", name)));
    }
    const store = await openScratch({ dir });
    expect((await contentOf(store)).blobs).toEqual([numberedBlob(1).digest]);
  });

  test("that speaks of a pack that is gone is rebuilt", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir, segmentBytesMax: 20_000 });
    const blobs = Array.from({ length: 60 }, (_, index) => numberedBlob(index, 1000));
    for (const { digest, bytes } of blobs) await store.blobs.put(digest, bytes);
    await store.close();
    rmSync(join(dir, "packs", "0000000001.pack"));
    const again = await openScratch({ dir });
    const { blobs: left } = await contentOf(again);
    expect(left.length).toBeLessThan(60);
    expect(left.length).toBeGreaterThan(50);
    expect(again.blobs.usage()).toEqual({ blobs: left.length, bytes: left.length * 1000 });
    expect(again.entries.arrivalEpoch).not.toBe(store.entries.arrivalEpoch);
  });

  test("that is ahead of the packs is rebuilt", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    await store.blobs.put(numberedBlob(1).digest, numberedBlob(1).bytes);
    const old = crashCopy(dir);
    await store.blobs.put(numberedBlob(2).digest, numberedBlob(2).bytes);
    await store.close();
    rmSync(join(dir, "packs"), { recursive: true });
    cpSync(join(old, "packs"), join(dir, "packs"), { recursive: true });
    const again = await openScratch({ dir });
    expect((await contentOf(again)).blobs).toEqual([numberedBlob(1).digest]);
    expect(again.blobs.usage()).toEqual({ blobs: 1, bytes: 100 });
  });

  test("rebuilt entries with content are not known to be complete, and keep their heads", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    const maker = new EntryMaker(1);
    const [full, empty] = [maker.next({ key: "a" }), maker.next({ key: "b", content: null })];
    await store.entries.append([full, empty], { complete: true });
    await store.close();
    rmSync(join(dir, "index"), { recursive: true });
    const rebuilt = await openScratch({ dir });
    expect((await rebuilt.entries.get(full.id))?.complete).toBe(false);
    expect((await rebuilt.entries.get(empty.id))?.complete).toBe(true);
    expect((await rebuilt.entries.incomplete(0, 10)).map(({ entry }) => entry.id)).toEqual([full.id]);
    const heads = await rebuilt.entries.heads(full.body.space, full.body.keyId);
    expect(heads.map(({ entry }) => entry.id)).toEqual([full.id]);
  });

  test("versions stay dropped over a restart, and are merely incomplete where the index is made anew", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    const entry = new EntryMaker(1).next({ key: "a" });
    await store.entries.append([entry], { complete: true });
    await store.entries.markDropped([entry.id]);
    await store.close();
    const again = await openDiskStore({ dir });
    expect(await again.entries.get(entry.id)).toMatchObject({ complete: false, dropped: true });
    await again.close();
    rmSync(join(dir, "index"), { recursive: true });
    const rebuilt = await openScratch({ dir });
    expect(await rebuilt.entries.get(entry.id)).toMatchObject({ complete: false, dropped: false });
  });

  test("of a newer folder version is refused and nothing is changed", async () => {
    const dir = scratchFolder();
    await (await openDiskStore({ dir })).close();
    const format = JSON.parse(readFileSync(join(dir, "format.json"), "utf8"));
    writeFileSync(join(dir, "format.json"), JSON.stringify({ ...format, version: 2 }));
    await expect(openDiskStore({ dir })).rejects.toMatchObject({ code: "UNSUPPORTED_VERSION" });
    expect(JSON.parse(readFileSync(join(dir, "format.json"), "utf8")).version).toBe(2);
  });
});

describe("an entry that may be lost is told of", () => {
  /** Opens the store anew, and says whether an entry may have been lost. */
  async function isTold(dir: string): Promise<boolean> {
    let told = false;
    const entryLost = async (): Promise<void> => {
      told = true;
    };
    await (await openDiskStore({ dir, entryLost })).close();
    return told;
  }

  async function withEntries(): Promise<{ dir: string; path: string; end: number }> {
    const dir = scratchFolder();
    const store = await openScratch({ dir });
    await fill(store);
    await store.entries.append([new EntryMaker(2).next({ key: "last" })], { complete: true });
    await store.close();
    const path = join(dir, "packs", "0000000001.pack");
    return { dir, path, end: statSync(path).size };
  }

  // Padding follows the last entry up to the end of its block.
  test.each([
    ["in one byte", 100, 101],
    ["with all of its block", 0, 4096],
  ])("where the last one has rotted %s and the index is lost", async (_, from, to) => {
    const { dir, path, end } = await withEntries();
    const bytes = readFileSync(path);
    for (let at = from; at < to; at++) bytes[end - 4096 + at] = (bytes[end - 4096 + at] as number) ^ 1;
    writeFileSync(path, bytes);
    rmSync(join(dir, "index"), { recursive: true });
    expect(await isTold(dir)).toBe(true);
  });

  test("where others follow what has rotted behind the index's checkpoint", async () => {
    const dir = scratchFolder();
    const maker = new EntryMaker(1);
    const first = await openDiskStore({ dir });
    await first.entries.append([maker.next({ key: "first" })], { complete: true });
    await first.close();
    const sizes = [statSync(join(dir, "packs", "0000000001.pack")).size];
    const store = await openDiskStore({ dir, clock: clockWithoutUpkeep });
    for (let index = 0; index < 2; index++) {
      await store.entries.append([maker.next({ key: `${index}` })], { complete: true });
      sizes.push(statSync(join(dir, "packs", "0000000001.pack")).size);
    }
    const copies = [crashCopy(dir), crashCopy(dir)];
    await store.close();
    const told = copies.map(async (copy, index) => {
      const path = join(copy, "packs", "0000000001.pack");
      const bytes = readFileSync(path);
      // Of the last but one, and of the last: that one may be torn, and was not acknowledged then.
      const at = (sizes[index] as number) + 100;
      bytes[at] = (bytes[at] as number) ^ 1;
      writeFileSync(path, bytes);
      return await isTold(copy);
    });
    expect(await Promise.all(told)).toEqual([true, false]);
  });

  test("and not where all is well, nor where an index that was kept has all that was acknowledged", async () => {
    const { dir, path, end } = await withEntries();
    expect(await isTold(dir)).toBe(false);
    writeFileSync(path, Buffer.concat([readFileSync(path), Buffer.alloc(8192, 7)]));
    expect(await isTold(dir)).toBe(false);
    expect(statSync(path).size).toBe(end);
    rmSync(join(dir, "index"), { recursive: true });
    expect(await isTold(dir)).toBe(false);
  });
});
