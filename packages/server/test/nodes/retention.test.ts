import type { EntryId, EntryRecord } from "@gstore/core";
import { MemoryDiskStore } from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { isWatched } from "../../src/repair/watched.ts";
import { type LoneNode, loneNode } from "../support/lone-node.ts";
import { bytesOf, randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

/** A day of these tests is a minute: history lasts thirty of them. */
const DAY_MS = 60_000;
const COLLECTION = { historyMs: 30 * DAY_MS };
const FILE = 300_000;
const collect = ({ node }: Pick<LoneNode, "node">) => node.collectGarbage();
const versionsOf = async ({ node }: Pick<LoneNode, "node">, key: string) =>
  (await node.versions(key)).items.map(({ version }) => version);

describe("old history", () => {
  test("is given up 30 days after this node heard of what replaced it, and its space comes back", async () => {
    const lone = await loneNode({ collection: COLLECTION });
    const { clock } = lone.all;
    const first = await lone.node.store("file", randomBytes(FILE, "first"));
    clock.advance(60 * DAY_MS);
    const content = randomBytes(FILE, "second");
    const second = await lone.node.store("file", content);
    clock.advance(30 * DAY_MS - 1);
    expect(await collect(lone)).toMatchObject({ expired: 0, blobs: 0 });
    expect(await versionsOf(lone, "file")).toEqual([second.version, first.version]);
    clock.advance(1);
    const found = await lone.node.collectGarbage({ dryRun: true });
    expect(found).toMatchObject({ dryRun: true, expired: 1 });
    expect(lone.blobs.usage().bytes).toBeGreaterThan(1.9 * FILE);
    expect(await collect(lone)).toEqual({ ...found, dryRun: false });
    expect(lone.blobs.usage().bytes).toBeLessThan(1.1 * FILE);
    expect(await versionsOf(lone, "file")).toEqual([second.version]);
    expect(await codeOf(lone.node.get("file", { version: first.version }))).toBe("VERSION_EXPIRED");
    expect(await codeOf(lone.node.restore("file", first.version))).toBe("VERSION_EXPIRED");
    expect((await readAll(lone.node, "file")).equals(content)).toBe(true);
  });

  test("goes by itself, within an interval", async () => {
    const lone = await loneNode({ collection: { ...COLLECTION, intervalMs: DAY_MS } });
    await lone.node.store("file", randomBytes(FILE, "first"));
    await lone.node.remove("file");
    lone.all.clock.advance(29 * DAY_MS);
    await turns(50);
    expect(lone.blobs.usage().blobs).toBeGreaterThan(0);
    await until("the space is free", () => {
      lone.all.clock.advance(DAY_MS);
      return lone.blobs.usage().blobs === 0;
    });
  });

  test("of a removed file can be restored until then; after it the file stays removed", async () => {
    const lone = await loneNode({ collection: COLLECTION });
    const { clock } = lone.all;
    const { version } = await lone.node.store("file", randomBytes(FILE, "file"));
    await lone.node.remove("file");
    clock.advance(29 * DAY_MS);
    await collect(lone);
    await lone.node.restore("file", version);
    await lone.node.remove("file");
    clock.advance(30 * DAY_MS);
    await collect(lone);
    expect(lone.blobs.usage().blobs).toBe(0);
    expect(await codeOf(lone.node.get("file"))).toBe("KEY_NOT_FOUND");
    expect(await codeOf(lone.node.restore("file", version))).toBe("VERSION_EXPIRED");
    expect(lone.entries.count()).toBe(4);
  });

  test("takes along nothing that a current version has, is read, or is just being restored", async () => {
    const lone = await loneNode({ collection: COLLECTION });
    const { clock } = lone.all;
    const [shared, read, restored] = ["shared", "read", "restored"].map((name) => randomBytes(FILE, name));
    const contents = [shared, read, restored] as [Buffer, Buffer, Buffer];
    const versions: string[] = [];
    for (const content of contents) versions.push((await lone.node.store("file", content)).version);
    await lone.node.remove("file");
    await lone.node.store("copy", contents[0]);
    const { stream } = await lone.node.get("file", { version: versions[1] as string });
    clock.advance(29 * DAY_MS);
    let restoring: Promise<unknown> | null = null;
    lone.blobs.beforeGet = async () => {
      // What is looked at for marking by now: the history of all three is over, and the restore is in the middle.
      restoring ??= lone.node.restore("file", versions[2] as string);
      await turns(3);
    };
    await collect(lone);
    lone.blobs.beforeGet = null;
    if (restoring === null) restoring = lone.node.restore("file", versions[2] as string);
    clock.advance(DAY_MS);
    const [, report] = await Promise.all([restoring, collect(lone)]);
    expect(report.expired).toBe(3);
    expect((await readAll(lone.node, "copy")).equals(contents[0])).toBe(true);
    expect((await bytesOf(stream)).equals(contents[1])).toBe(true);
    expect((await readAll(lone.node, "file")).equals(contents[2])).toBe(true);
  });

  test("stays while the clock has just jumped", async () => {
    const lone = await loneNode({ collection: COLLECTION });
    const { clock } = lone.all;
    const first = await lone.node.store("file", randomBytes(FILE, "first"));
    await lone.node.store("file", randomBytes(FILE, "second"));
    clock.jumpTo(clock.now() + 40 * 24 * 3600 * 1000);
    expect(await collect(lone)).toMatchObject({ expired: 0 });
    expect(await versionsOf(lone, "file")).toContain(first.version);
    clock.jumpTo(clock.now() - 40 * 24 * 3600 * 1000);
    clock.advance(2 * 3600 * 1000);
    expect(await collect(lone)).toMatchObject({ expired: 0 });
    expect(await versionsOf(lone, "file")).toContain(first.version);
    clock.advance(3600 * 1000);
    await withinClock(clock, collect(lone), { maxMs: 60_000 });
    expect(await versionsOf(lone, "file")).not.toContain(first.version);
  });
});

describe("in a network", () => {
  const node = (network: TestNetwork, name: string, disk = new MemoryDiskStore()): Promise<TestNode> =>
    network.node(name, { collection: COLLECTION, disk });
  const bytesHere = ({ disk }: TestNode): number => disk.blobs.usage().bytes;

  async function three(network: TestNetwork): Promise<[TestNode, TestNode, TestNode]> {
    const [a, b, c] = await Promise.all([node(network, "a"), node(network, "b"), node(network, "c")]);
    for (const [one, other] of [
      [a, b],
      [a, c],
      [b, c],
    ] as const)
      await network.connect(one, other);
    return [a, b, c];
  }

  test("versions that contend stay, however old", async () => {
    const network = new TestNetwork();
    const [a, b] = await Promise.all([node(network, "a"), node(network, "b")]);
    await a.node.store("file", randomBytes(FILE, "of a"));
    await b.node.store("file", randomBytes(FILE, "of b"));
    await network.connect(a, b);
    await until("both have both", async () => {
      const lists = await Promise.all([a, b].map((one) => one.node.versions("file").catch(() => null)));
      return lists.every((list) => list?.items.length === 2 && list.items.every(({ isHere }) => isHere));
    });
    network.clock.advance(100 * DAY_MS);
    expect((await collect(a)).expired).toBe(0);
    expect(await versionsOf(a, "file")).toHaveLength(2);
    await network.stop();
  });

  test("half of 300 files removed: at least 95 % of their bytes are free on every node", async () => {
    const network = new TestNetwork();
    const all = await three(network);
    const [a] = all;
    const content = (index: number): Buffer => randomBytes(3000, `file ${index}`);
    for (let index = 0; index < 300; index++)
      await a.node.store(`file-${index}`, content(index), { wait: "all" });
    const before = all.map(bytesHere);
    for (let index = 0; index < 300; index += 2) await a.node.remove(`file-${index}`);
    await until("all know of the removals", () => all.every(({ disk }) => disk.entries.count() === 450));
    network.clock.advance(30 * DAY_MS);
    for (const [index, one] of all.entries()) {
      expect(await collect(one)).toMatchObject({ expired: 150, unreadable: [] });
      const freed = (before[index] ?? 0) - bytesHere(one);
      expect(freed).toBeGreaterThanOrEqual(0.95 * 150 * 3000);
      for (let kept = 1; kept < 300; kept += 2)
        expect((await readAll(one.node, `file-${kept}`)).equals(content(kept))).toBe(true);
    }
    await network.stop();
  });

  test("who was away brings nothing back, and a newcomer fetches no history that is over", async () => {
    const network = new TestNetwork();
    const [a, b, c] = await three(network);
    await a.node.store("file", randomBytes(FILE, "first"), { wait: "all" });
    const kept = randomBytes(FILE, "other");
    const replaced = await a.node.store("other", randomBytes(FILE, "replaced"), { wait: "all" });
    const current = await a.node.store("other", kept, { wait: "all" });
    for (const one of [a, b]) network.hub.disconnect(c.id, one.id);
    await a.node.store("file", randomBytes(FILE, "second"));
    await a.node.remove("file");
    await until("b knows", () => b.disk.entries.count() === 5);
    network.clock.advance(31 * DAY_MS);
    // The first file's history is over for b as well, but b has not looked yet.
    expect((await collect(a)).expired).toBe(3);
    const d = await node(network, "d");
    for (const one of [a, b, c]) await network.connect(d, one);
    for (const one of [a, b]) await network.connect(c, one);
    await until("c and d know", () => [c, d].every(({ disk }) => disk.entries.count() === 5));
    for (let second = 0; second < 60; second++) {
      network.clock.advance(1000);
      await turns(20);
    }
    // c has never had the second version, and keeps what it had for as long as it has heard of what replaced it.
    expect(bytesHere(a)).toBeLessThan(1.1 * FILE);
    expect(bytesHere(d)).toBeLessThan(1.1 * FILE);
    expect(bytesHere(c)).toBeLessThan(3.1 * FILE);
    expect((await readAll(d.node, "other")).equals(kept)).toBe(true);
    const safe = await withinClock(network.clock, b.node.safe(), { maxMs: 60_000 });
    expect(safe.value).toMatchObject({ older: { all: { versions: 0 } }, worst: [] });
    const drained = await withinClock(network.clock, b.node.drain(), { maxMs: 60_000 });
    expect(drained.value).toMatchObject({ held: { versions: 1 }, short: { versions: 0 } });
    const watched = async (version: EntryId): Promise<boolean> =>
      await isWatched(b.parts, (await b.disk.entries.get(version)) as EntryRecord);
    expect(await b.disk.entries.get(replaced.version)).toMatchObject({ complete: true });
    expect(await Promise.all([replaced, current].map(({ version }) => watched(version)))).toEqual([
      false,
      true,
    ]);
    network.clock.advance(30 * DAY_MS);
    // The nodes collect by themselves by now, at the pace of the clock.
    const collected = Promise.all([b, c, d].map(collect));
    await withinClock(network.clock, collected, { maxMs: 60_000 });
    for (const one of [a, b, c, d]) {
      expect(bytesHere(one)).toBeLessThan(1.1 * FILE);
      expect(await codeOf(one.node.get("file"))).toBe("KEY_NOT_FOUND");
    }
    await network.stop();
  });
});
