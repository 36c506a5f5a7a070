import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "@gstore/core";
import { EntryMaker } from "@gstore/testing";
import { expect, onTestFinished, test, vi } from "vitest";
import { type CasStore, openDiskStore } from "../src/index.ts";
import { contentOf, crashCopy, numberedBlob, scratchFolder } from "./scratch.ts";

/** Nothing is small: no index is looked at as a whole before it is used. */
const LARGE = { indexCheckBytesMax: 0 };
/** Nothing happens by itself, so neither is it looked at while it is in use. */
const stillClock: Clock = { ...systemClock, after: () => () => {} };
const BLOBS = 800;

async function open(dir: string, clock: Clock = systemClock): Promise<CasStore> {
  const store = await openDiskStore({ dir, clock, ...LARGE });
  onTestFinished(() => store.close());
  return store;
}

/** A folder with a committed index, whose store was killed, and the index's epoch. */
async function crashed(): Promise<{ dir: string; epoch: string }> {
  const dir = scratchFolder();
  const first = await open(dir);
  await Promise.all(
    Array.from({ length: BLOBS }, (_, index) => numberedBlob(index)).map(({ digest, bytes }) =>
      first.blobs.put(digest, bytes),
    ),
  );
  await first.entries.append([new EntryMaker(1).next({ key: "a" })], { complete: true });
  await first.close();
  const store = await open(dir, stillClock);
  return { dir: crashCopy(dir), epoch: store.entries.arrivalEpoch };
}

const dataOf = (dir: string): string => join(dir, "index", "data.mdb");
const stateOf = (dir: string): { doubts: number; provenMs: number } =>
  JSON.parse(readFileSync(join(dir, "index", "state.json"), "utf8"));

/** Changes the place of one blob: LMDB itself has no way to notice. */
function changeValue(dir: string): void {
  const bytes = readFileSync(dataOf(dir));
  const digest = Buffer.from(numberedBlob(700).digest.slice(4), "hex");
  for (let at = bytes.indexOf(digest); at >= 0; at = bytes.indexOf(digest, at + 1)) {
    bytes[at + digest.length] = (bytes[at + digest.length] as number) + 1;
  }
  writeFileSync(dataOf(dir), bytes);
}

test("a large index is used at once after a crash, and proven while it is in use", async () => {
  const { dir, epoch } = await crashed();
  const store = await open(dir);
  expect(store.entries.arrivalEpoch).toBe(epoch);
  expect((await contentOf(store)).blobs.length).toBe(BLOBS);
  await vi.waitFor(() => expect(stateOf(dir).doubts).toBe(0));
  expect(stateOf(dir).provenMs).toBeGreaterThan(0);
});

test("damage of a large index is found while it is in use, and the next start makes it anew", async () => {
  const { dir, epoch } = await crashed();
  changeValue(dir);
  const store = await open(dir);
  expect(store.entries.arrivalEpoch).toBe(epoch);
  await vi.waitFor(() => expect(stateOf(dir).doubts).toBe(2));
  await expect(store.blobs.get(numberedBlob(700).digest)).rejects.toMatchObject({ code: "STORE_DAMAGED" });
  await store.close();
  const again = await open(dir);
  expect(again.entries.arrivalEpoch).not.toBe(epoch);
  expect((await contentOf(again)).blobs.length).toBe(BLOBS);
});

test("a large index that was there in two crashes and never proven is tried out before it is used", async () => {
  let { dir, epoch } = await crashed();
  for (let crash = 0; crash < 2; crash++) {
    const store = await open(dir, stillClock);
    expect(store.entries.arrivalEpoch).toBe(epoch);
    dir = crashCopy(dir);
  }
  changeValue(dir);
  const store = await open(dir);
  expect(store.entries.arrivalEpoch).not.toBe(epoch);
  expect((await contentOf(store)).blobs.length).toBe(BLOBS);
});

test("a large index that became shorter in a crash is made anew", async () => {
  const { dir, epoch } = await crashed();
  truncateSync(dataOf(dir), statSync(dataOf(dir)).size - 4096);
  const store = await open(dir);
  expect(store.entries.arrivalEpoch).not.toBe(epoch);
  expect((await contentOf(store)).blobs.length).toBe(BLOBS);
});

test("a large index that was closed is made anew where its size is not what it was", async () => {
  const { dir, epoch } = await crashed();
  await (await open(dir, stillClock)).close();
  writeFileSync(dataOf(dir), Buffer.concat([readFileSync(dataOf(dir)), Buffer.alloc(4096)]));
  expect((await open(dir)).entries.arrivalEpoch).not.toBe(epoch);
});

test("a large index that was closed before it was proven is proven after the next start", async () => {
  const { dir, epoch } = await crashed();
  await (await open(dir, stillClock)).close();
  expect(stateOf(dir)).toMatchObject({ doubts: 0, provenMs: 0 });
  const store = await open(dir);
  expect(store.entries.arrivalEpoch).toBe(epoch);
  await vi.waitFor(() => expect(stateOf(dir).provenMs).toBeGreaterThan(0));
});
