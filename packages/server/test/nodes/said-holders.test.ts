import type { DhtStatus, Digest, EntryId, MemberDht, PeerId, SpaceId } from "@gstore/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { moreOfSpace } from "../../src/holders/holdings-key.ts";
import { HOLDINGS_AGAIN_MS, HOLDINGS_BURST, HOLDINGS_TOLD_MAX } from "../../src/holders/limits.ts";
import { Liar } from "../support/lying.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

/** Of its own for each file: equal files are the same blobs. */
const contentOf = (key: string): Buffer => randomBytes(600_000, key);
/** What the DHT knows, and what was asked of it. */
let said: Map<Digest, Set<PeerId>>;
let asked: Digest[];
let reached: PeerId[];
let network: TestNetwork;
const liar = new Liar();

beforeEach(() => {
  network = new TestNetwork("said holders");
  said = new Map();
  asked = [];
  reached = [];
  liar.lie = null;
});
afterEach(() => network.stop());

/** A node that takes part in a DHT which all of these share, as soon as it runs. */
async function node(name: string, options: Parameters<TestNetwork["node"]>[1] = {}): Promise<TestNode> {
  const joined = await network.node(name, options);
  const dht: Partial<MemberDht> = {
    async reach(peer) {
      reached.push(peer);
      await network.hub.connect(joined.id, peer);
    },
    async findHolders(digest) {
      asked.push(digest);
      return [...(said.get(digest) ?? [])].filter((peer) => peer !== joined.id);
    },
    async tellHolding(digest) {
      said.set(digest, (said.get(digest) ?? new Set()).add(joined.id));
      return 1;
    },
    status: () => ({}) as DhtStatus,
  };
  Object.assign(joined.network, { dht });
  joined.parts.holdings.start();
  return joined;
}

async function pass(ms: number, stepMs = 5000): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    network.clock.advance(stepMs);
    await turns(10);
  }
}

/**
 * A file placed on `placed`, pinned on `pinner`, of which `reader` knows the entry. `middle` is connected to all; the reader
 * and the pinner never to each other.
 */
async function pinnedFile() {
  const middle = await node("middle");
  const placed = await node("placed");
  const pinner = await node("pinner", { wrap: liar.wrap });
  const reader = await node("reader");
  for (const other of [placed, pinner, reader]) await network.connect(middle, other);
  await network.connect(placed, pinner);
  await until("all know all", () =>
    [middle, placed, pinner, reader].every(({ parts }) => parts.members.count === 4),
  );
  const { key, version, root } = await storeAt(placed);
  await until("the pinner knows it", async () => (await codeOf(pinner.node.stat(key))) === "nothing");
  await pinner.node.pin(key);
  await until("the reader knows it", async () => (await codeOf(reader.node.stat(key))) === "nothing");
  return { placed, pinner, reader, key, version, root };
}

interface Stored {
  readonly key: string;
  readonly version: EntryId;
  readonly root: Digest;
}

/** Stores files of one copy until one is placed on its author alone. */
async function storeAt({ node: author, id, disk, parts }: TestNode): Promise<Stored> {
  for (let number = 0; ; number++) {
    const key = `file${number}`;
    const { version } = await author.store(key, contentOf(key), { copies: 1, wait: "local" });
    const body = (await disk.entries.get(version))?.entry.body;
    if (body?.content && parts.placement.shouldHold(id, body))
      return { key, version, root: body.content.digest };
  }
}

const read = (reader: TestNode, key: string) =>
  withinClock(network.clock, readAll(reader.node, key), { maxMs: 120_000 });
const failedRead = (reader: TestNode, key: string) =>
  withinClock(network.clock, codeOf(readAll(reader.node, key)), { maxMs: 120_000 });

describe("a pinned file whose placed holders are gone", () => {
  test("is read from the pinning node that only the DHT knows of", async () => {
    const { placed, pinner, reader, key, root } = await pinnedFile();
    await pass(10_000);
    expect(said.get(root)).toEqual(new Set([pinner.id]));
    await placed.node.stop();
    expect(reader.network.peers().map(({ peer }) => peer)).not.toContain(pinner.id);
    expect((await read(reader, key)).value).toEqual(contentOf(key));
    const { holders } = (await reader.node.status()).discovery;
    expect(holders).toMatchObject({ lookups: 1, found: 1, refuted: 0 });
    expect((await pinner.node.status()).discovery.holders).toMatchObject({ versions: 1, told: 1 });
  });

  test("is not told of again once it is dropped, and who is said to hold it is tried once and counted", async () => {
    const { placed, pinner, reader, key, version, root } = await pinnedFile();
    await pass(10_000);
    await pinner.disk.entries.markDropped([version]);
    await pinner.parts.collection.collector.collect();
    await placed.node.stop();
    expect((await failedRead(reader, key)).value).toBe("NO_HOLDER_REACHABLE");
    expect((await failedRead(reader, key)).value).toBe("NO_HOLDER_REACHABLE");
    expect((await reader.node.status()).discovery.holders).toMatchObject({ lookups: 1, refuted: 1 });
    said.clear();
    await pass(HOLDINGS_AGAIN_MS + 600_000, 600_000);
    expect(said.get(root)).toBeUndefined();
    expect((await pinner.node.status()).discovery.holders).toMatchObject({ versions: 0 });
  });

  test("is not believed of a member that sends other bytes", async () => {
    const { placed, reader, key } = await pinnedFile();
    await pass(10_000);
    await placed.node.stop();
    liar.lie = (frame) => (frame.type === "blob" ? [{ ...frame, bytes: randomBytes(64) }] : [frame]);
    expect((await failedRead(reader, key)).value).toBe("NO_HOLDER_REACHABLE");
    expect((await reader.node.status()).discovery.holders).toMatchObject({ refuted: 1 });
  });

  test("is looked for at no more than some of many members that were named falsely, and at none that may not hold it", async () => {
    const { placed, reader, key, root } = await pinnedFile();
    await placed.node.stop();
    const names = Array.from({ length: 60 }, (_, number) => network.identity(`away${number}`));
    for (const { records } of names) await reader.parts.members.add(records);
    const stranger = network.identity("elsewhere", "vault", { spaces: [] });
    await reader.parts.members.add(stranger.records);
    said.set(root, new Set([stranger, ...names].map(({ identity }) => identity.peerId)));
    const { value, tookMs } = await failedRead(reader, key);
    expect(value).toBe("NO_HOLDER_REACHABLE");
    expect(tookMs).toBeLessThan(120_000);
    const { found, refuted } = (await reader.node.status()).discovery.holders;
    expect(found).toBe(1);
    expect(refuted).toBeGreaterThanOrEqual(20);
    expect(refuted).toBeLessThanOrEqual(32);
    expect(reached).not.toContain(stranger.identity.peerId);
  });
});

describe("the DHT", () => {
  test("is told nothing while all members are connected, and asked nothing", async () => {
    const one = await node("one");
    const two = await node("two");
    await network.connect(one, two);
    const { key } = await storeAt(one);
    await two.node.pin(key);
    await pass(60_000);
    const version = { root: "0".repeat(64) as Digest, space: one.parts.spaces.all()[0]?.id as SpaceId };
    await two.parts.replication.fetcher.holders.find({ ...version, isUpkeep: false });
    expect(said.size).toBe(0);
    expect(asked).toEqual([]);
  });

  test("is told of so many versions one by one, at a bounded rate, and that there are more", async () => {
    const one = await node("one");
    await network.connect(one, await node("two"));
    await one.parts.members.add(network.identity("away").records);
    const { version } = await storeAt(one);
    const entry = (await one.disk.entries.get(version))?.entry;
    if (entry?.body.content == null) throw new Error("it has content");
    const { holdings, placement } = one.parts;
    placement.shouldHold = () => false;
    one.disk.entries.get = async () => ({ entry, complete: true }) as never;
    for (let number = 0; number <= HOLDINGS_TOLD_MAX; number++) {
      const digest = number.toString(16).padStart(64, "0") as Digest;
      holdings.seen({
        id: `1e20${digest}` as never,
        body: { ...entry.body, content: { ...entry.body.content, digest } },
      } as never);
    }
    expect(holdings.status.versions).toBe(HOLDINGS_TOLD_MAX);
    await pass(10_000);
    expect(holdings.status.told).toBe(HOLDINGS_BURST);
    expect(said.get(moreOfSpace(entry.body.space))).toEqual(new Set([one.id]));
    await pass(3600_000, 60_000);
    expect(holdings.status.told).toBe(HOLDINGS_BURST + 50);
  });

  test("is told by nobody any more who has stopped: it leaves no timer for that", async () => {
    const leftBy = async (start: (name: string) => Promise<TestNode>): Promise<number> => {
      const before = network.clock.pending;
      await network.connect(await start("one"), await start("two"));
      await network.stop();
      return network.clock.pending - before;
    };
    const withoutDht = await leftBy((name) => network.node(name));
    expect(await leftBy((name) => node(name))).toBe(withoutDht);
  });

  test("is asked for what nobody waits for once in ten seconds at the most", async () => {
    const { placed, reader } = await pinnedFile();
    const { holders } = reader.parts.replication.fetcher;
    await placed.node.stop();
    const find = (number: number) =>
      holders.find({ root: `${number}`.padStart(64, "0") as Digest, space: "s" as never, isUpkeep: true });
    for (let number = 0; number < 100; number++) await find(number);
    expect(holders.status.lookups).toBe(1);
    await pass(10_000);
    for (let number = 0; number < 100; number++) await find(number);
    expect(holders.status.lookups).toBe(2);
  });
});
