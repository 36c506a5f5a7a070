import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CasStore, openDiskStore } from "@gstore/cas";
import { type DiskStore, isGstoreError } from "@gstore/core";
import { SeededRandom } from "@gstore/testing";
import { afterEach, expect, test } from "vitest";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { until } from "../support/waiting.ts";

const SEED = process.env.SCRUB_SEED ?? "two hundred flips";
const FLIPS = 200;
const RECORD_HEADER_BYTES = 64;
const MINUTE_MS = 60_000;

const folders: string[] = [];
let all: TestNetwork;
afterEach(async () => {
  await all.stop();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function openPacks(dir: string): Promise<CasStore> {
  return openDiskStore({ dir, segmentBytesMax: 2 * 1024 * 1024 });
}

/** What stands where in a node's packs: found by its bytes, so that nothing of the code under test is believed. */
interface Places {
  readonly packs: { readonly path: string; readonly bytes: Buffer }[];
  readonly records: { id: string; kind: "blob" | "entry"; path: string; from: number; to: number }[];
}

async function placesIn(dir: string, disk: DiskStore): Promise<Places> {
  const folder = join(dir, "packs");
  const packs = readdirSync(folder)
    .sort()
    .map((name) => ({ path: join(folder, name), bytes: readFileSync(join(folder, name)) }));
  const records: Places["records"] = [];
  const find = (id: string, kind: "blob" | "entry", given: Uint8Array): void => {
    const bytes = Buffer.from(given);
    const pack = packs.find((one) => one.bytes.includes(bytes));
    if (pack === undefined) throw new Error(`${kind} ${id} is in no pack`);
    const at = pack.bytes.indexOf(bytes);
    records.push({ id, kind, path: pack.path, from: at - RECORD_HEADER_BYTES, to: at + bytes.length });
  };
  for await (const { digest } of disk.blobs.list()) find(digest, "blob", await disk.blobs.get(digest));
  for (const { entry } of await disk.entries.since(0, 10_000)) find(entry.id, "entry", entry.bytes);
  return { packs, records };
}

/** Changes one byte in each of so many random places; notes the ids of the blobs and entries that were hit. */
function flipSome(
  places: Places,
  random: SeededRandom,
  count: number,
  { taken, hit, hitInBody }: { taken: Set<string>; hit: Set<string>; hitInBody: Set<string> },
): void {
  const total = places.packs.reduce((sum, { bytes }) => sum + bytes.length, 0);
  for (let done = 0; done < count; ) {
    let at = random.below(total);
    const pack = places.packs.find(({ bytes }) => {
      if (at < bytes.length) return true;
      at -= bytes.length;
      return false;
    }) as Places["packs"][0];
    if (taken.has(`${pack.path} ${at}`)) continue;
    taken.add(`${pack.path} ${at}`);
    flip(pack.path, at, 1 + random.below(255));
    done += 1;
    for (const { id, path, from, to } of places.records) {
      if (path !== pack.path || at < from || at >= to) continue;
      hit.add(id);
      if (at >= from + RECORD_HEADER_BYTES) hitInBody.add(id);
    }
  }
}

function flip(path: string, at: number, mask: number): void {
  const file = openSync(path, "r+");
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, at);
  writeSync(file, Buffer.of((byte[0] as number) ^ mask), 0, 1, at);
  closeSync(file);
}

/** Reads every key; gives how many could be read. A wrong byte fails the test, an error does not. */
async function readable({ node }: TestNode, files: ReadonlyMap<string, Buffer>): Promise<number> {
  let count = 0;
  for (const [key, content] of files) {
    try {
      expect((await readAll(node, key)).equals(content), key).toBe(true);
      count += 1;
    } catch (error) {
      if (!isGstoreError(error)) throw error;
    }
  }
  return count;
}

async function advanceUntil(what: string, isSo: () => Promise<boolean>): Promise<void> {
  await until(what, async () => {
    all.clock.advance(1000);
    return await isSo();
  });
}

test(`of ${FLIPS} changed bytes in a node's packs each is found, none is served, and all are repaired (seed: ${SEED})`, async () => {
  all = new TestNetwork(SEED);
  const random = new SeededRandom(SEED);
  const dir = mkdtempSync(join(tmpdir(), "gstore-scrub-"));
  folders.push(dir);
  let state: Uint8Array | null = null;
  const scrub = {
    periodMs: 4 * MINUTE_MS,
    file: {
      path: "scrub.json",
      read: async () => state,
      replace: async (bytes: Uint8Array) => {
        state = bytes;
      },
    },
  };
  const self = all.identity("rotten");
  const before = await all.node("rotten", { self, disk: await openPacks(dir) });
  const whole = await all.node("whole");
  await all.connect(before, whole);
  const files = new Map<string, Buffer>();
  for (let index = 0; index < 400; index++) {
    const size = index === 0 ? 1_300_000 : 500 + 40 * index;
    files.set(`folder/file ${index}`, randomBytes(size, `file ${index}`));
  }
  await Promise.all([...files].map(([key, content]) => before.node.store(key, content, { wait: "all" })));

  // Half of the damage comes while the node is stopped.
  const places = await placesIn(dir, before.disk);
  await before.node.stop();
  const flips = { taken: new Set<string>(), hit: new Set<string>(), hitInBody: new Set<string>() };
  const { hit, hitInBody } = flips;
  flipSome(places, random, FLIPS / 2, flips);
  const rotten = await all.node("rotten", { self, disk: await openPacks(dir), scrub });
  flipSome(places, random, FLIPS / 2, flips);
  expect(hit.size).toBeGreaterThan(100);

  expect(await readable(rotten, files)).toBeLessThan(files.size);
  const scrubOf = async () => (await rotten.node.status()).scrub;
  await advanceUntil("a round is complete", async () => (await scrubOf()).lastEndedMs !== null);
  await advanceUntil("what is affected is named", async () => (await scrubOf()).unrepairedFiles.length > 0);
  const found = await rotten.node.verify();
  // Where a header alone is damaged the bytes are here, and were stored anew by now.
  const needOthers = places.records.filter(({ id, kind }) => kind === "blob" && hitInBody.has(id));
  const damaged = new Set<string>(found.damaged.map(({ digest }) => digest));
  expect(needOthers.filter(({ id }) => !damaged.has(id))).toEqual([]);
  expect([...damaged].filter((digest) => !hit.has(digest))).toEqual([]);
  expect(found.files.every(({ key, repaired }) => files.has(key) && !repaired)).toBe(true);
  await advanceUntil("what needs nobody else is repaired", async () => {
    const { damagedFound, repaired, unrepaired } = await scrubOf();
    return (
      damagedFound >= hit.size && unrepaired >= needOthers.length && damagedFound - repaired === unrepaired
    );
  });
  expect(await readable(rotten, files)).toBeLessThan(files.size);

  await all.connect(rotten, whole);
  await advanceUntil("all is repaired", async () => (await scrubOf()).unrepaired === 0);
  all.hub.disconnect(rotten.id, whole.id);
  expect(await readable(rotten, files)).toBe(files.size);
  expect(await rotten.node.verify()).toMatchObject({
    damaged: [],
    damagedEntries: [],
    damagedRecords: 0,
    damagedSpans: [],
    files: [],
  });
  expect((await scrubOf()).repaired).toBeGreaterThanOrEqual(hit.size);
}, 60_000);
