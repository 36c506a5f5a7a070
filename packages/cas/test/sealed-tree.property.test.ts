import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, systemRandom } from "@gstore/core";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { SEALED_NODE_BYTES_MAX } from "../src/constants.ts";
import { LmdbFolder } from "../src/index/lmdb-folder.ts";
import { SealedRows } from "../src/index/sealed-rows.ts";
import { SealedTree } from "../src/index/sealed-tree.ts";
import { scratchFolder } from "./scratch.ts";

const KEY = new Uint8Array(32).fill(7);

interface Opened {
  readonly folder: string;
  readonly lmdb: LmdbFolder;
  readonly tree: SealedTree;
}

async function openTree(folder: string = scratchFolder()): Promise<Opened> {
  const lmdb = await LmdbFolder.open({ folder, tag: "tree", clock: systemClock });
  onTestFinished(() => lmdb.close({ isConsistent: true }));
  return { folder, lmdb, tree: new SealedTree(new SealedRows(lmdb, { key: KEY, random: systemRandom })) };
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text, "latin1");
const all = (tree: SealedTree, start = "", end = "\u00ff\u00ff"): [string, number][] =>
  [...tree.range({ start: bytesOf(start), end: bytesOf(end) })].map(({ key, value }) => [
    Buffer.from(key).toString("latin1"),
    value.length,
  ]);

/** Keys near each other, so that changes meet, and values of which a few fill a node and some are larger than one. */
const changes = fc.array(
  fc.record({
    key: fc
      .tuple(fc.integer({ min: 0, max: 400 }), fc.constantFrom("", "/a", "/a/long tail of a name"))
      .map(([number, tail]) => `${String(number).padStart(4, "0")}${tail}`),
    size: fc.option(fc.oneof(fc.integer({ min: 0, max: 700 }), fc.constant(2 * SEALED_NODE_BYTES_MAX)), {
      freq: 2,
    }),
  }),
  { maxLength: 120 },
);

test("a tree holds what a sorted map holds, whatever was put and removed, and forgets nothing when it is opened again", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(changes, { minLength: 1, maxLength: 6 }), async (commits) => {
      const { folder, lmdb, tree } = await openTree();
      const model = new Map<string, number>();
      for (const commit of commits) {
        const latest = new Map(commit.map(({ key, size }) => [key, size]));
        await tree.writeBatch(
          [...latest].map(([key, size]) => ({
            key: bytesOf(key),
            value: size === null ? null : Buffer.alloc(size, key),
          })),
        );
        for (const [key, size] of latest) {
          if (size === null) model.delete(key);
          else model.set(key, size);
        }
        const sorted = [...model].sort(([left], [right]) => (left < right ? -1 : 1));
        expect(all(tree)).toEqual(sorted);
        const [start, end] = ["0100", "0300/a"];
        expect(all(tree, start, end)).toEqual(sorted.filter(([key]) => key >= start && key < end));
        for (const { key } of commit) expect(tree.get(bytesOf(key))?.length).toBe(model.get(key));
      }
      await lmdb.close({ isConsistent: true });
      const again = await openTree(folder);
      expect(all(again.tree)).toEqual([...model].sort(([left], [right]) => (left < right ? -1 : 1)));
      await again.lmdb.close({ isConsistent: true });
    }),
    { numRuns: 40 },
  );
}, 120_000);

test("keys that come in order fill their nodes, and removing most of them leaves few nodes", async () => {
  const { lmdb, tree } = await openTree();
  const keys = Array.from({ length: 4000 }, (_, index) => bytesOf(`key ${String(index).padStart(6, "0")}`));
  for (let at = 0; at < keys.length; at += 200) {
    await tree.writeBatch(keys.slice(at, at + 200).map((key) => ({ key, value: Buffer.alloc(200, "v") })));
  }
  const bytes = keys.length * (200 + 10 + 6);
  const rows = (): number => [...lmdb.range({ start: bytesOf("\0"), end: bytesOf("\u00ff") })].length;
  expect(rows()).toBeLessThan((1.2 * bytes) / SEALED_NODE_BYTES_MAX + 5);
  for (let at = 0; at < keys.length; at += 200) {
    const some = keys.slice(at, at + 200).filter((_, index) => index % 20 !== 0);
    await tree.writeBatch(some.map((key) => ({ key, value: null })));
  }
  expect(all(tree).length).toBe(keys.length / 20);
  expect(rows()).toBeLessThan((0.2 * bytes) / SEALED_NODE_BYTES_MAX + 5);
  await tree.writeBatch(keys.map((key) => ({ key, value: null })));
  expect(all(tree)).toEqual([]);
  expect(rows()).toBe(1);
});

test("a row that was put in another's place, or changed, is not taken for it", async () => {
  const { lmdb, tree } = await openTree();
  await tree.writeBatch([{ key: bytesOf("a"), value: Buffer.from("first") }]);
  const rowOf = (number: number): Buffer => Buffer.from([1, 0, 0, 0, 0, 0, number]);
  const node = Uint8Array.from(lmdb.get(rowOf(1)) as Uint8Array);
  await tree.writeBatch([{ key: bytesOf("b"), value: Buffer.alloc(SEALED_NODE_BYTES_MAX) }]);
  const others = [...lmdb.range({ start: rowOf(2), end: rowOf(9) })];
  expect(others.length).toBeGreaterThan(0);
  await lmdb.writeBatch(others.map(({ key }) => ({ key, value: node })));
  const fresh = new SealedTree(new SealedRows(lmdb, { key: KEY, random: systemRandom }));
  expect(() => all(fresh)).toThrow(expect.objectContaining({ code: "STORE_DAMAGED" }));
});

test("a row with any bit turned, or cut anywhere, is damage and gives nothing", async () => {
  const { lmdb, tree } = await openTree();
  await tree.writeBatch([{ key: bytesOf("a"), value: Buffer.from("first") }]);
  const rows = [...lmdb.range({ start: bytesOf("\0"), end: bytesOf("\u00ff") })].map(({ key, value }) => ({
    key: Uint8Array.from(key),
    value: Uint8Array.from(value),
  }));
  expect(rows.length).toBeGreaterThan(0);
  const seen = async (key: Uint8Array, value: Uint8Array): Promise<void> => {
    await lmdb.writeBatch([{ key, value }]);
    const fresh = new SealedTree(new SealedRows(lmdb, { key: KEY, random: systemRandom }));
    expect(() => all(fresh)).toThrow(expect.objectContaining({ code: "STORE_DAMAGED" }));
  };
  for (const { key, value } of rows) {
    for (let bit = 0; bit < value.length * 8; bit++) {
      const changed = Uint8Array.from(value);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      await seen(key, changed);
    }
    for (let length = 1; length < value.length; length++) await seen(key, value.subarray(0, length));
    await lmdb.writeBatch([{ key, value }]);
  }
  const whole = new SealedTree(new SealedRows(lmdb, { key: KEY, random: systemRandom }));
  expect(all(whole)).toEqual([["a", 5]]);
});

test("the same record twice is sealed differently, and nothing of it is on the disk in clear", async () => {
  const { folder, lmdb, tree } = await openTree();
  await tree.writeBatch([{ key: bytesOf("a telling key"), value: Buffer.from("a telling value") }]);
  const row = Buffer.from([1, 0, 0, 0, 0, 0, 1]);
  const one = Buffer.from(lmdb.get(row) as Uint8Array);
  await tree.writeBatch([{ key: bytesOf("a telling key"), value: Buffer.from("a telling value") }]);
  const two = Buffer.from(lmdb.get(row) as Uint8Array);
  expect(one.equals(two)).toBe(false);
  expect(one.subarray(0, 8).equals(two.subarray(0, 8))).toBe(true);
  expect(one.readUInt32BE(8)).toBeLessThan(two.readUInt32BE(8));
  expect(readFileSync(join(folder, "data.mdb")).includes("telling")).toBe(false);
});
