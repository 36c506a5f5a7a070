import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, digestOf, type NameIndex, type NameRecord, systemClock } from "@gstore/core";
import { madeKeyId, madeSpace } from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { openDiskStore } from "../src/index.ts";
import { crashCopy, openScratch, scratchFolder } from "./scratch.ts";

const KEY = new Uint8Array(32).fill(1);
const SPACE = madeSpace(1);

function record(name: string): NameRecord {
  return {
    keyId: madeKeyId(name),
    entryId: digestOf(Buffer.from(name)),
    isConflict: false,
    summary: Buffer.from(`summary of ${name}`),
  };
}

async function add(names: NameIndex, all: readonly string[], cursor: string): Promise<void> {
  await names.apply(
    all.map((name) => ({ space: SPACE, name, record: record(name) })),
    cursor,
  );
}

const list = (names: NameIndex, prefix = "", after = "", limit = 100): string[] =>
  names.list(SPACE, { prefix, after, limit }).map(({ name }) => name);

describe("the name index", () => {
  test("says which version a name showed before", async () => {
    const names = await (await openScratch({ dir: scratchFolder() })).openNameIndex(KEY);
    const put = (name: string, version: string) => ({ space: SPACE, name, record: record(version) });
    const gone = { space: SPACE, name: "a", record: null };
    const [one, two] = [record("one").entryId, record("two").entryId];
    expect(await names.apply([put("a", "one"), put("b", "two"), put("a", "two")], "1")).toEqual([
      null,
      null,
      one,
    ]);
    expect(await names.apply([gone, gone], "2")).toEqual([two, null]);
    expect(names.count(SPACE)).toBe(1);
  });

  test("lists names by their UTF-8 bytes, by prefix, in pages", async () => {
    const names = await (await openScratch({ dir: scratchFolder() })).openNameIndex(KEY);
    expect(names.cursor()).toBeNull();
    const all = ["a", "a/1", "a/10", "a/2", "ab", "b", "ä", "\u{1f600}", "a\nb", "x".repeat(1024)];
    await add(names, all, "one");
    const sorted = [...all].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    expect(list(names)).toEqual(sorted);
    expect(list(names, "a/")).toEqual(["a/1", "a/10", "a/2"]);
    expect(list(names, "a/", "a/1")).toEqual(["a/10", "a/2"]);
    expect(list(names, "", "a", 2)).toEqual(["a\nb", "a/1"]);
    // A cursor may be longer than any name: it stands behind all names that begin with a folder's.
    expect(list(names, "", `a/${"\u{10ffff}".repeat(256)}`, 1)).toEqual(["ab"]);
    expect(list(names, "b", "a")).toEqual(["b"]);
    expect(list(names, "a", "b")).toEqual([]);
    expect(names.count(SPACE)).toBe(all.length);
    expect(names.count(madeSpace(2))).toBe(0);
    expect(names.list(madeSpace(2), { prefix: "", after: "", limit: 10 })).toEqual([]);
    expect(names.get(SPACE, "ab")).toEqual({ name: "ab", ...record("ab") });
    expect(names.get(SPACE, "abc")).toBeUndefined();
  });

  test("lists names in conflict apart, and forgets them when they are in conflict no more", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    const names = await store.openNameIndex(KEY);
    const set = (name: string, isConflict: boolean | null) =>
      names.apply(
        [{ space: SPACE, name, record: isConflict === null ? null : { ...record(name), isConflict } }],
        "cursor",
      );
    for (const name of ["a", "a/2", "a/1", "b", "c"]) await set(name, name !== "b");
    const conflicts = (of: NameIndex, prefix = "", after = "", limit = 100): string[] =>
      of.conflicts(SPACE, { prefix, after, limit }).map(({ name }) => name);
    expect(conflicts(names)).toEqual(["a", "a/1", "a/2", "c"]);
    expect(conflicts(names, "a/")).toEqual(["a/1", "a/2"]);
    expect(conflicts(names, "", "a/1", 1)).toEqual(["a/2"]);
    expect([names.conflictCount(SPACE), names.count(SPACE)]).toEqual([4, 5]);
    await set("a", true);
    await set("a/1", false);
    await set("c", null);
    await set("b", true);
    await store.close();
    const again = await (await openScratch({ dir })).openNameIndex(KEY);
    expect(conflicts(again)).toEqual(["a", "a/2", "b"]);
    expect([again.conflictCount(SPACE), again.count(SPACE)]).toEqual([3, 4]);
    expect(list(again)).toEqual(["a", "a/1", "a/2", "b"]);
    expect(again.get(SPACE, "b")).toEqual({ name: "b", ...record("b"), isConflict: true });
    expect(again.conflictCount(madeSpace(2))).toBe(0);
  });

  test("changes and cursor are one transaction and stay after closing", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    const names = await store.openNameIndex(KEY);
    await add(names, ["a", "b", "c"], "one");
    await names.apply(
      [
        { space: SPACE, name: "b", record: null },
        { space: SPACE, name: "missing", record: null },
        { space: SPACE, name: "d", record: record("d") },
        { space: SPACE, name: "d", record: null },
        { space: SPACE, name: "a", record: record("another") },
      ],
      "two",
    );
    expect(names.count(SPACE)).toBe(2);
    await store.close();
    expect(() => names.cursor()).toThrow(expect.objectContaining({ code: "STORE_CLOSED" }));
    const again = await (await openScratch({ dir })).openNameIndex(KEY);
    expect(list(again)).toEqual(["a", "c"]);
    expect(again.cursor()).toBe("two");
    expect(again.get(SPACE, "a")?.keyId).toBe(madeKeyId("another"));
    await again.clear();
    expect([again.cursor(), list(again), again.count(SPACE)]).toEqual([null, [], 0]);
  });

  test("after a crash holds the names up to its cursor, and no others", async () => {
    const dir = scratchFolder();
    const names = await (await openScratch({ dir, clock: hastyClock })).openNameIndex(KEY);
    let committed: string | null = null;
    for (let last = 0; committed === null || last % 100 !== 99; last++) {
      const gone = last % 3 === 2 ? [{ space: SPACE, name: `name ${last - 1}`, record: null }] : [];
      await names.apply([{ space: SPACE, name: `name ${last}`, record: record("a") }, ...gone], String(last));
      if (last % 100 !== 50) continue;
      const crashed = await openDiskStore({ dir: crashCopy(dir) });
      const left = await crashed.openNameIndex(KEY);
      const cursor = left.cursor();
      committed ??= cursor;
      const upTo = cursor === null ? 0 : Number(cursor) + 1;
      const expected = Array.from({ length: upTo }, (_, number) => number)
        .filter((number) => number % 3 !== 1 || number + 1 >= upTo)
        .map((number) => `name ${number}`);
      expect(list(left, "", "", 1000)).toEqual(expected.sort());
      expect(left.count(SPACE)).toBe(expected.length);
      await crashed.close();
    }
  });

  test("what is applied while it is cleared stays, and nothing else", async () => {
    const dir = scratchFolder();
    const before = await openDiskStore({ dir });
    await add(await before.openNameIndex(KEY), ["a", "b"], "one");
    await before.close();
    const names = await (await openScratch({ dir })).openNameIndex(KEY);
    expect(list(names)).toEqual(["a", "b"]);
    await add(names, ["d"], "uncommitted");
    const cleared = names.clear();
    await add(names, ["b", "c"], "two");
    expect([names.cursor(), list(names), names.count(SPACE)]).toEqual(["two", ["b", "c"], 2]);
    await cleared;
    expect([names.cursor(), list(names), names.count(SPACE)]).toEqual(["two", ["b", "c"], 2]);
  });

  test("no name is on the disk in clear", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    await add(await store.openNameIndex(KEY), ["a very telling name"], "telling cursor");
    await store.close();
    const bytes = readFileSync(join(dir, "names", "data.mdb"));
    for (const text of ["telling name", "telling cursor", "summary of"])
      expect(bytes.includes(text)).toBe(false);
  });

  const data = (dir: string): string => join(dir, "names", "data.mdb");
  const spoil: [string, (dir: string) => void, Uint8Array][] = [
    ["another key", () => {}, new Uint8Array(32).fill(2)],
    ["a file cut short", (dir) => truncateSync(data(dir), 5000), KEY],
    ["a garbled file", (dir) => garble(data(dir)), KEY],
    ["a garbled state", (dir) => writeFileSync(join(dir, "names", "state.json"), "{"), KEY],
  ];
  test.each(spoil)("with %s it begins empty and works", async (_name, make, key) => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    const many = Array.from({ length: 500 }, (_, index) => `name ${index}`);
    await add(await store.openNameIndex(KEY), many, "one");
    await store.close();
    make(dir);
    const names = await (await openScratch({ dir })).openNameIndex(key);
    expect(names.cursor()).toBeNull();
    expect(list(names)).toEqual([]);
    await add(names, ["a"], "two");
    expect(list(names)).toEqual(["a"]);
  });
});

/** Commits at once what would wait for more. */
const hastyClock: Clock = {
  ...systemClock,
  after: (delayMs, callback) => systemClock.after(delayMs < 1000 ? 0 : delayMs, callback),
};

function garble(path: string): void {
  const bytes = readFileSync(path);
  for (let at = 8192; at < bytes.length; at += 700) bytes[at] = (bytes[at] as number) ^ 0x55;
  writeFileSync(path, bytes);
}
