import { readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "@gstore/core";
import { EntryMaker, makeMembershipRecord } from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { openDiskStore } from "../src/index.ts";
import { FaultyFiles } from "./faulty-files.ts";
import { contentOf, crashCopy, numberedBlob, openScratch, packPaths, scratchFolder } from "./scratch.ts";

/** Overwrites bytes of the only pack where `what` stands in it, `before` bytes ahead of it. */
function spoil(dir: string, what: Uint8Array, before = 0): void {
  const [path = ""] = packPaths(dir);
  const pack = readFileSync(path);
  const at = pack.indexOf(what);
  expect(at).toBeGreaterThan(0);
  pack.fill(0xaa, at - before, at - before + 16);
  writeFileSync(path, pack);
}

describe("damage in a pack", () => {
  test("a blob that holds another store's pack adds nothing when its own header is damaged", async () => {
    const other = scratchFolder();
    const victim = numberedBlob(1);
    const source = await openDiskStore({ dir: other });
    await source.blobs.put(victim.digest, victim.bytes);
    await source.entries.append([new EntryMaker(1).next()], { complete: true });
    await source.blobs.delete([victim.digest]);
    await source.close();
    const forged = readFileSync(packPaths(other)[0] as string);
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    await store.blobs.put(victim.digest, victim.bytes);
    await store.blobs.put(digestOf(forged), forged);
    await store.blobs.put(numberedBlob(2).digest, numberedBlob(2).bytes);
    await store.close();
    spoil(dir, forged, 64);
    rmSync(join(dir, "index"), { recursive: true });
    const rebuilt = await openScratch({ dir });
    expect(await contentOf(rebuilt)).toEqual({
      blobs: [victim.digest, numberedBlob(2).digest].sort(),
      entries: [],
      membership: [],
    });
    const report = await rebuilt.blobs.verify();
    expect(report.damagedSpans).toEqual([
      { path: packPaths(dir)[0], offset: 8192, bytes: expect.any(Number) },
    ]);
  });

  test("a damaged header in the middle costs its own record, which the index still names", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    const blobs = Array.from({ length: 20 }, (_, index) => numberedBlob(index, 1000));
    await Promise.all(blobs.map(({ digest, bytes }) => store.blobs.put(digest, bytes)));
    await store.close();
    const hit = blobs[7] as (typeof blobs)[0];
    spoil(dir, hit.bytes, 64);
    const again = await openDiskStore({ dir });
    expect(Buffer.compare(await again.blobs.get(hit.digest), hit.bytes)).toBe(0);
    const report = await again.blobs.verify();
    expect(report.damaged).toEqual([{ digest: hit.digest, reason: "its record's header is damaged" }]);
    expect(report.damagedSpans).toHaveLength(1);
    expect(await again.blobs.missing([hit.digest])).toEqual([hit.digest]);
    // It can still be read, but a rebuilt index would not find it: it has to be written anew.
    expect(Buffer.compare(await again.blobs.get(hit.digest), hit.bytes)).toBe(0);
    expect(await again.blobs.missing([hit.digest])).toEqual([hit.digest]);
    await again.blobs.put(hit.digest, hit.bytes);
    expect((await again.blobs.verify()).damaged).toEqual([]);
    await again.close();
  });

  test("a damaged entry is passed over in listings and replaced when it comes again", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    const maker = new EntryMaker(1);
    const [one, two, three] = [maker.next({ key: "a" }), maker.next({ key: "b" }), maker.next({ key: "c" })];
    await store.entries.append([one, two, three], { complete: true });
    const members = [makeMembershipRecord(1), makeMembershipRecord(2)];
    await store.membership.append(members);
    await store.close();
    spoil(dir, two.bytes, -100);
    spoil(dir, (members[0] as (typeof members)[0]).bytes);
    const again = await openDiskStore({ dir });
    await expect(again.entries.get(two.id)).rejects.toMatchObject({ code: "STORE_DAMAGED" });
    const ids = (all: { entry: { id: string } }[]): string[] => all.map(({ entry }) => entry.id);
    expect(ids(await again.entries.since(0, 2))).toEqual([one.id, three.id]);
    const run = await again.entries.ofAuthor(maker.author, maker.incarnation, 1, 10);
    expect(run.map(({ id }) => id)).toEqual([one.id]);
    expect((await again.membership.all()).map(({ id }) => id)).toEqual([members[1]?.id]);
    expect((await again.blobs.verify()).damagedSpans).toHaveLength(2);
    await again.entries.append([two], { complete: true });
    await again.membership.append(members);
    expect(ids(await again.entries.since(0, 10))).toEqual([one.id, two.id, three.id]);
    await again.close();
    rmSync(join(dir, "index"), { recursive: true });
    const rebuilt = await openScratch({ dir });
    expect(ids(await rebuilt.entries.since(0, 10)).sort()).toEqual([one.id, two.id, three.id].sort());
    expect((await rebuilt.membership.all()).map(({ id }) => id).sort()).toEqual(
      members.map(({ id }) => id).sort(),
    );
  });

  test("an entry that a rebuild can't find leaves its author's run there, until it comes again", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    const maker = new EntryMaker(1);
    const entries = Array.from({ length: 5 }, (_, index) => maker.next({ key: `key ${index}` }));
    await store.entries.append(entries, { complete: true });
    await store.close();
    spoil(dir, entries[2]?.bytes ?? new Uint8Array(1), 64);
    rmSync(join(dir, "index"), { recursive: true });
    const rebuilt = await openScratch({ dir });
    expect((await rebuilt.entries.vector()).map(({ seq }) => seq)).toEqual([2]);
    await rebuilt.entries.append(entries, { complete: false });
    expect((await rebuilt.entries.vector()).map(({ seq }) => seq)).toEqual([5]);
    expect(rebuilt.entries.count()).toBe(5);
  });
});

describe("damage at the head of a pack", () => {
  async function damagedHead(): Promise<{
    dir: string;
    digest: ReturnType<typeof numberedBlob>["digest"];
    path: string;
  }> {
    const dir = scratchFolder();
    const { digest, bytes } = numberedBlob(1);
    const store = await openDiskStore({ dir });
    await store.blobs.put(digest, bytes);
    await store.close();
    const path = packPaths(dir)[0] as string;
    const pack = readFileSync(path);
    writeFileSync(path, pack.fill(0xaa, 20, 60));
    rmSync(join(dir, "index"), { recursive: true });
    return { dir, digest, path };
  }

  test("costs no record, and the pack is neither cut nor written any more", async () => {
    const { dir, digest, path } = await damagedHead();
    const size = readFileSync(path).length;
    const store = await openScratch({ dir });
    expect((await store.blobs.get(digest)).length).toBe(100);
    await store.blobs.put(numberedBlob(2).digest, numberedBlob(2).bytes);
    expect([readFileSync(path).length, packPaths(dir).length]).toEqual([size, 2]);
    expect((await store.blobs.verify()).damagedSpans).toEqual([{ path, offset: 0, bytes: 4096 }]);
  });

  test("together with the loss of format.json is refused, and the packs are left alone", async () => {
    const { dir, path } = await damagedHead();
    const format = readFileSync(join(dir, "format.json"));
    rmSync(join(dir, "format.json"));
    const pack = readFileSync(path);
    await expect(openDiskStore({ dir })).rejects.toMatchObject({ code: "STORE_DAMAGED" });
    expect(Buffer.compare(readFileSync(path), pack)).toBe(0);
    writeFileSync(join(dir, "format.json"), format);
    await (await openDiskStore({ dir })).close();
  });

  test("format.json alone is found again from the packs", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    await store.blobs.put(numberedBlob(1).digest, numberedBlob(1).bytes);
    await store.close();
    const format = readFileSync(join(dir, "format.json"), "utf8");
    rmSync(join(dir, "format.json"));
    const again = await openScratch({ dir });
    expect((await again.blobs.get(numberedBlob(1).digest)).length).toBe(100);
    expect(readFileSync(join(dir, "format.json"), "utf8")).toBe(format);
  });
});

describe("opening after a crash", () => {
  test("syncs the last pack and the folder before anything builds on them", async () => {
    const dir = scratchFolder();
    const store = await openScratch({ dir });
    const { digest, bytes } = numberedBlob(1);
    await store.blobs.put(digest, bytes);
    const copy = crashCopy(dir);
    const files = new FaultyFiles();
    const crashed = await openScratch({ dir: copy, files });
    expect([files.count("datasync"), files.count("syncFolder")]).toEqual([1, 1]);
    expect(await crashed.blobs.put(digest, bytes)).toBe(false);
  });

  test("never writes into the block in which a torn group ends", async () => {
    const dir = scratchFolder();
    const store = await openDiskStore({ dir });
    const [one, two] = [numberedBlob(1), numberedBlob(2)];
    await store.blobs.put(one.digest, one.bytes);
    await store.close();
    const [path = ""] = packPaths(dir);
    truncateSync(path, 4096 + 64 + 100);
    const again = await openScratch({ dir });
    await again.blobs.put(two.digest, two.bytes);
    expect(readFileSync(path).length).toBe(4096 + 64 + 100);
    expect(packPaths(dir)).toHaveLength(2);
    expect((await contentOf(again)).blobs).toEqual([one.digest, two.digest].sort());
  });

  test("goes on with the last pack, in whole blocks", async () => {
    const dir = scratchFolder();
    for (let number = 0; number < 5; number++) {
      const store = await openDiskStore({ dir });
      await store.blobs.put(numberedBlob(number).digest, numberedBlob(number).bytes);
      await store.close();
    }
    expect(packPaths(dir)).toHaveLength(1);
    expect(readFileSync(packPaths(dir)[0] as string).length).toBe(6 * 4096);
  });
});
