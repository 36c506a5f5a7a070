import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Digest, type SpaceId, spaceIdFromBytes } from "@gstore/core";
import { EntryMaker } from "@gstore/testing";
import { expect, test } from "vitest";
import { type CasStore, openDiskStore } from "../src/index.ts";
import { SpaceTags } from "../src/pack/space-tags.ts";
import { clockWithoutUpkeep, crashCopy, numberedBlob, openScratch, scratchFolder } from "./scratch.ts";

const spaceOf = (fill: number): SpaceId => spaceIdFromBytes(new Uint8Array(16).fill(fill));
const [ours, theirs] = [spaceOf(1), spaceOf(2)];

const blobs = Array.from({ length: 400 }, (_, index) => numberedBlob(index, 1000));
/** A quarter is ours, a quarter theirs, a quarter came for both, a quarter is of no certain space. */
const KINDS: readonly (readonly (SpaceId | null)[])[] = [[ours], [theirs], [ours, theirs], [null]];
const digestsOfKind = (kind: number): Digest[] =>
  blobs.flatMap(({ digest }, index) => (index % KINDS.length === kind ? [digest] : []));

async function fill(store: CasStore): Promise<void> {
  for (const round of [0, 1]) {
    await Promise.all(
      blobs.map(async ({ digest, bytes }, index) => {
        const space = KINDS[index % KINDS.length]?.[round];
        if (space !== undefined) await store.blobs.put(digest, bytes, space === null ? {} : { space });
      }),
    );
  }
}

async function expectEachInItsSpace(store: CasStore, digests: readonly Digest[]): Promise<void> {
  const among = (kind: number): Digest[] => digestsOfKind(kind).filter((digest) => digests.includes(digest));
  const sorted = [...digests].sort();
  expect((await store.blobs.missing(sorted, { space: theirs })).sort()).toEqual(among(0).sort());
  expect((await store.blobs.missing(sorted, { space: ours })).sort()).toEqual(among(1).sort());
  expect(await store.blobs.missing(sorted)).toEqual([]);
}

test("the spaces of blobs outlast a restart, a crash, the index and compaction", async () => {
  const dir = scratchFolder();
  const options = { segmentBytesMax: 100_000, clock: clockWithoutUpkeep };
  const store = await openScratch({ dir, ...options });
  await fill(store);
  const all = blobs.map(({ digest }) => digest);
  await expectEachInItsSpace(store, all);
  await expectEachInItsSpace(await openScratch({ dir: crashCopy(dir), ...options }), all);

  const kept = all.filter((_, index) => index % 3 > 0);
  await store.blobs.delete(all.filter((_, index) => index % 3 === 0));
  expect((await store.compact()).segmentsRemoved).toBeGreaterThan(0);
  await expectEachInItsSpace(store, kept);
  await store.close();
  const again = await openDiskStore({ dir, ...options });
  await expectEachInItsSpace(again, kept);
  await again.close();

  rmSync(join(dir, "index"), { recursive: true });
  await expectEachInItsSpace(await openScratch({ dir, ...options }), kept);
});

test("a blob that comes with its entry is of the entry's space", async () => {
  const store = await openScratch({ dir: scratchFolder() });
  const { digest, bytes } = numberedBlob(1);
  const entry = new EntryMaker(1).next({ key: "key" });
  await store.appendVersions([{ entry, blob: { digest, bytes } }]);
  expect(await store.blobs.missing([digest], { space: entry.body.space })).toEqual([]);
  expect(await store.blobs.missing([digest], { space: theirs })).toEqual([digest]);
});

test("a space has another tag in every store, and never 0", () => {
  const [one, two] = [1, 2].map((fill) => new SpaceTags(new Uint8Array(16).fill(fill))) as [
    SpaceTags,
    SpaceTags,
  ];
  expect(one.of(ours)).not.toBe(one.of(theirs));
  expect(one.of(ours)).not.toBe(two.of(ours));
  expect(one.of(undefined)).toBeNull();
  for (let fill = 0; fill < 5000; fill++) {
    const space = spaceIdFromBytes(Buffer.alloc(16, `space ${fill} `));
    const tag = one.of(space);
    expect(tag).toBeGreaterThan(0);
    expect(one.of(space)).toBe(tag);
  }
});
