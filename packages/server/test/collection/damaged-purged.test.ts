import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDiskStore } from "@gstore/cas";
import { digestOf, type Entry, type EntryId, incarnationFromBytes, strippedEntry } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { SeededRandom } from "@gstore/testing";
import { expect, onTestFinished, test } from "vitest";
import { Erasure } from "../../src/collection/erasure.ts";
import { TestAuthor } from "../support/test-author.ts";
import { TestLog } from "../support/test-log.ts";

const random = new SeededRandom("damaged and purged");
const log = new TestLog(random);
const KEY = "file";
const SEALED_BYTES = 3000;

function authorOf(incarnation: number): TestAuthor {
  const identity = generateIdentity(random);
  return new TestAuthor({
    ...{ identity, incarnation: incarnationFromBytes(new Uint8Array(8).fill(incarnation)) },
    ...{ space: log.space.id, head: digestOf(new Uint8Array(1)) },
  });
}

/** A store on the disk with a version of a key, one of another, and a purge that has seen the first or only what came after it. */
async function setUp({ isSeen = true } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "gstore-purge-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const open = async () => {
    const store = await openDiskStore({ dir });
    onTestFinished(() => store.close());
    return store;
  };
  const sealed = (): Uint8Array => Buffer.from(random.bytes(SEALED_BYTES));
  const [author, other] = [authorOf(1), authorOf(2)];
  const version = author.next({ key: KEY, sealed: sealed() });
  const kept = other.next({ key: "other", sealed: sealed() });
  const next = authorOf(3).next({ key: KEY, context: [version.body.dot], sealed: sealed() });
  const seen = isSeen ? version : next;
  const purge = other.next({ key: KEY, purges: true, context: [seen.body.dot] });
  const store = await open();
  const more = author.next({ key: "more", sealed: sealed() });
  await store.entries.append([kept, version, more, next, purge], { complete: true });
  await store.close();
  const pack = join(dir, "packs", readdirSync(join(dir, "packs"))[0] as string);
  /** Whether some file holds a part of what is sealed in an entry. */
  const holds = ({ body }: Entry): boolean => {
    const pieces = [0, 1000, 2000].map((at) => Buffer.from(body.sealed ?? []).subarray(at, at + 900));
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => readFileSync(join(one.parentPath, one.name)))
      .some((bytes) => pieces.some((piece) => bytes.includes(piece)));
  };
  const damage = (at: number): void => {
    const bytes = readFileSync(pack);
    const position = bytes.indexOf(version.bytes) + at;
    bytes[position] = (bytes[position] as number) ^ 1;
    writeFileSync(pack, bytes);
  };
  return { dir, open, version, kept, purge, holds, damage };
}

const never = new AbortController().signal;

async function purged(
  store: Awaited<ReturnType<typeof openDiskStore>>,
  { isAllGone = true } = {},
): Promise<EntryId[]> {
  const lost: EntryId[] = [];
  const erasure = new Erasure({
    ...{ entries: store.entries, shown: { counts: () => true } },
    damaged: (entries) => void lost.push(...entries),
  });
  await erasure.run(never);
  expect(await store.entries.destroyStripped()).toBe(isAllGone);
  return lost;
}

/** Places in the entry's bytes; before 0 is its record's header. */
const PLACES = { sealed: SEALED_BYTES / 2 + 500, body: 40, header: -8, signature: -1 };

test.each(["sealed", "header"] as const)(
  "a version that is damaged in its %s is stripped all the same",
  async (place) => {
    const { open, version, kept, holds, damage } = await setUp();
    damage(PLACES[place]);
    const store = await open();
    expect(await purged(store)).toEqual([]);
    expect(holds(version)).toBe(false);
    expect(holds(kept)).toBe(true);
    const record = await store.entries.get(version.id);
    expect(record?.expired).toBe(true);
    expect(Buffer.from(record?.entry.bytes ?? []).equals(strippedEntry(version)?.bytes as Uint8Array)).toBe(
      true,
    );
  },
);

test.each(["body", "signature"] as const)(
  "of a version that is damaged in its %s nothing is left, and another member's takes its place",
  async (place) => {
    const { open, version, kept, purge, holds, damage } = await setUp();
    damage(place === "body" ? PLACES.body : version.bytes.length - 1);
    const store = await open();
    expect(await purged(store)).toEqual([version.id]);
    expect(holds(version)).toBe(false);
    expect(holds(kept)).toBe(true);
    await store.close();
    const again = await open();
    expect(await purged(again)).toEqual([]);
    await expect(again.entries.get(version.id)).rejects.toMatchObject({ code: "STORE_DAMAGED" });
    await again.entries.append([strippedEntry(version) as Entry], { complete: false });
    expect((await again.entries.get(version.id))?.entry.body.dot).toEqual(version.body.dot);
    expect((await again.entries.get(purge.id))?.entry.id).toBe(purge.id);
  },
);

test("of a version that was damaged when the index was made anew nothing is left", async () => {
  const { dir, open, version, kept, holds, damage } = await setUp();
  damage(PLACES.sealed);
  rmSync(join(dir, "index"), { recursive: true });
  await (await open()).close();
  const store = await open();
  expect(await store.entries.get(version.id)).toBeUndefined();
  expect(holds(version)).toBe(true);
  await purged(store);
  expect(holds(version)).toBe(false);
  expect(holds(kept)).toBe(true);
});

test("what a purge has not seen stays as it is, damaged and superseded or not", async () => {
  const { open, version, holds, damage } = await setUp({ isSeen: false });
  damage(PLACES.sealed);
  const store = await open();
  // What is damaged and in use keeps the pack in which something else was stripped.
  expect(await purged(store, { isAllGone: false })).toEqual([]);
  expect(holds(version)).toBe(true);
  await expect(store.entries.get(version.id)).rejects.toMatchObject({ code: "STORE_DAMAGED" });
});
