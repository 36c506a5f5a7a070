import type { EntryId } from "@gstore/core";
import { decodeProveBlobs, encodeProveBlobsAnswer, messageType } from "@gstore/p2p";
import { MemoryDiskStore } from "@gstore/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RepairOptions } from "../../src/repair/repair-api.ts";
import {
  randomBytes,
  readAll,
  TestNetwork,
  type TestNode,
  type TestNodeOptions,
} from "../support/test-network.ts";
import { turns, until } from "../support/waiting.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Of what a test does not look at there is none. */
const NEVER_MS = 1000 * HOUR_MS;
const times: Partial<RepairOptions> = { walkEveryMs: NEVER_MS, auditEveryMs: NEVER_MS };

let network: TestNetwork;
let nodes: TestNode[];

beforeEach(() => {
  network = new TestNetwork("repair");
  nodes = [];
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

async function start(name: string, options: TestNodeOptions = {}): Promise<TestNode> {
  const node = await network.node(name, { repair: times, ...options });
  for (const other of nodes) await network.connect(node, other);
  nodes.push(node);
  return node;
}

async function startAll(count: number, options: Partial<RepairOptions> = {}): Promise<void> {
  for (const name of ["a", "b", "c", "d", "e"].slice(0, count))
    await start(name, { repair: { ...times, ...options } });
  await until("all know all", () => nodes.every(({ parts }) => parts.members.count === count));
}

/** Cuts a node off from the others; what it holds is away with it. */
function stop(node: TestNode): void {
  nodes = nodes.filter((one) => one !== node);
  for (const other of nodes) {
    network.hub.link(node.id, other.id).severed = true;
    network.hub.disconnect(node.id, other.id);
  }
}

async function comeBack(node: TestNode): Promise<void> {
  for (const other of nodes) {
    network.hub.link(node.id, other.id).severed = false;
    await network.connect(node, other);
  }
  nodes.push(node);
}

/** Lets time pass in steps of seconds, and all that follows from each happen. */
async function pass(ms: number, watch: () => Promise<void> = async () => {}): Promise<void> {
  const step = ms > 2 * HOUR_MS ? 10 * MINUTE_MS : ms > 5 * MINUTE_MS ? 30_000 : 500;
  for (let passed = 0; passed < ms; passed += step) {
    network.clock.advance(Math.min(step, ms - passed));
    await turns(15);
    await watch();
  }
  await turns(100);
}

async function holders(version: EntryId): Promise<TestNode[]> {
  const found: TestNode[] = [];
  for (const node of nodes) if ((await node.disk.entries.get(version))?.complete) found.push(node);
  return found;
}

interface Placed {
  readonly version: EntryId;
  /** Those that should hold it, best first. */
  readonly placed: TestNode[];
  /** The others, those that come next first. */
  readonly rest: TestNode[];
}

/** Stores a key so that exactly the nodes hold it that should, by one of them. */
async function store(copies: number, options: { bytes?: number; name?: string } = {}): Promise<Placed> {
  const { bytes = 1000, name = "key" } = options;
  for (let number = 0; ; number++) {
    const [author] = nodes as [TestNode];
    const key = `${name} ${number}`;
    const { version } = await author.node.store(key, randomBytes(bytes, key), { copies, wait: "local" });
    const record = await author.disk.entries.get(version);
    const ranked = author.parts.placement.ranked((record as NonNullable<typeof record>).entry.body);
    const inOrder = ranked.map((peer) => nodes.find(({ id }) => id === peer) as TestNode);
    const placed = inOrder.slice(0, copies);
    if (!placed.includes(author)) continue;
    await until("the holders hold it", async () => (await holders(version)).length >= copies);
    return { version, placed, rest: inOrder.slice(copies) };
  }
}

const names = (some: readonly TestNode[]): string[] => some.map(({ self }) => self.name).sort();

describe("a version with too few copies", () => {
  test("gets one more when it has been below min for 30 minutes, and not before", async () => {
    await startAll(4);
    const { version, placed, rest } = await store(2);
    const [first, second] = placed as [TestNode, TestNode];
    stop(second);
    await pass(29 * MINUTE_MS);
    expect(names(await holders(version))).toEqual([first.self.name]);
    await pass(3 * MINUTE_MS);
    expect(names(await holders(version))).toEqual(names([first, rest[0] as TestNode]));
    expect((await first.node.status()).repair).toMatchObject({ copiesMade: 1, failed: 0 });
  });

  test("gets one more when it has been below its copies for 24 hours, and not before", async () => {
    await startAll(4);
    const { version, placed } = await store(3);
    stop(placed[2] as TestNode);
    await pass(23.5 * HOUR_MS);
    expect((await holders(version)).length).toBe(2);
    await pass(HOUR_MS);
    expect((await holders(version)).length).toBe(3);
  });

  test("does not get it while a node that held it in place of another is away for less than that", async () => {
    await startAll(5);
    const { version, placed, rest } = await store(2);
    const [standIn, ...bystanders] = rest as [TestNode, TestNode, TestNode];
    for (const node of [placed[1] as TestNode, ...bystanders]) stop(node);
    await pass(32 * MINUTE_MS);
    expect(names(await holders(version))).toEqual(names([placed[0] as TestNode, standIn]));
    // What it heard a node forgets when it is started anew, and finds again when it looks through all: now, as who comes
    // back was away for long.
    placed[0]?.parts.replication.held.forget(version, standIn.id);
    await comeBack(bystanders[0] as TestNode);
    await pass(2 * MINUTE_MS);
    stop(standIn);
    await comeBack(bystanders[1] as TestNode);
    await pass(25 * MINUTE_MS);
    expect((await holders(version)).length).toBe(1);
    await comeBack(standIn);
    await pass(10 * MINUTE_MS);
    expect((await holders(version)).length).toBe(2);
    stop(standIn);
    await pass(32 * MINUTE_MS);
    expect((await holders(version)).length).toBe(2);
  });

  test("gets it in time although the clock is set back meanwhile", async () => {
    await startAll(4);
    const { version, placed } = await store(2);
    stop(placed[1] as TestNode);
    await pass(29 * MINUTE_MS);
    network.clock.jumpTo(network.clock.now() - 8 * HOUR_MS);
    await pass(3 * MINUTE_MS);
    expect((await holders(version)).length).toBe(2);
  });

  test("gets it from the holder that ranks next, where the first does nothing", async () => {
    await startAll(4);
    const { version, placed } = await store(3);
    const [first, second, third] = placed as [TestNode, TestNode, TestNode];
    await first.parts.repair.stop();
    stop(third);
    await pass(25 * HOUR_MS);
    expect((await holders(version)).length).toBe(3);
    expect((await first.node.status()).repair.copiesMade).toBe(0);
    expect((await second.node.status()).repair.copiesMade).toBe(1);
  });

  test("is given no faster than the rate allows", async () => {
    await startAll(3, { bytesPerSecond: 100 });
    const away = nodes[2] as TestNode;
    const short: EntryId[] = [];
    for (let number = 0; short.length < 3; number++) {
      const { version, placed } = await store(2, { bytes: 60_000, name: `file ${number}` });
      if (placed.includes(away)) short.push(version);
    }
    stop(away);
    const given = async (): Promise<number> => {
      const all = await Promise.all(short.map(async (version) => (await holders(version)).length));
      return all.filter((count) => count === 2).length;
    };
    let begunMs: number | null = null;
    let endedMs = 0;
    await pass(60 * MINUTE_MS, async () => {
      const count = await given();
      if (count > 0) begunMs ??= network.clock.monotonic();
      if (count === short.length && endedMs === 0) endedMs = network.clock.monotonic();
    });
    expect(await given()).toBe(short.length);
    // Each waits until the rate has paid for the one before.
    expect(endedMs - (begunMs ?? 0)).toBeGreaterThan(1_000_000);
  });
});

describe("a node that comes back", () => {
  test("makes a copy too many, which goes from the node that should not have it; never are there fewer than wanted", async () => {
    await startAll(4);
    const { version, placed, rest } = await store(2);
    const [first, second] = placed as [TestNode, TestNode];
    stop(second);
    await pass(35 * MINUTE_MS);
    expect((await holders(version)).length).toBe(2);
    await comeBack(second);
    let fewest = 3;
    await pass(40 * MINUTE_MS, async () => {
      fewest = Math.min(fewest, (await holders(version)).length);
    });
    expect(fewest).toBe(2);
    expect(names(await holders(version))).toEqual(names([first, second]));
    expect((await (rest[0] as TestNode).node.status()).repair.surplusDropped).toBe(1);
  });

  test("has the space of the copy that went back within an hour or so, not only when all is looked through", async () => {
    await startAll(4);
    const { placed, rest } = await store(2);
    const [, second] = placed as [TestNode, TestNode];
    // The first collection after a start comes in any case.
    await pass(65 * MINUTE_MS);
    stop(second);
    await pass(35 * MINUTE_MS);
    const [third] = rest as [TestNode];
    expect(third.disk.blobs.usage().blobs).toBeGreaterThan(0);
    await comeBack(second);
    await pass(120 * MINUTE_MS);
    expect((await third.node.status()).repair.surplusDropped).toBe(1);
    expect(third.disk.blobs.usage().blobs).toBe(0);
  });

  test("with an empty disk fetches by itself what it should hold, and nobody else is given a copy", async () => {
    await startAll(4);
    const { version, placed } = await store(2);
    const [first, second] = placed as [TestNode, TestNode];
    stop(second);
    await pass(10 * MINUTE_MS);
    for (const other of nodes) network.hub.link(second.id, other.id).severed = false;
    await start(second.self.name, { self: second.self, disk: new MemoryDiskStore() });
    await pass(60 * MINUTE_MS);
    expect(names(await holders(version))).toEqual(names([first, second]));
    expect((await first.node.status()).repair.copiesMade).toBe(0);
  });
});

describe("a holder that does not hold", () => {
  const audits = { auditEveryMs: 10 * MINUTE_MS };

  test("is found by an audit, and the version is given to another at once", async () => {
    await startAll(3, audits);
    let isLying = true;
    const liar = await start("liar", {
      wrap: (handlers) => ({
        ...handlers,
        request: async (from, purpose, message, signal) => {
          if (!isLying || messageType(message) !== "proveBlobs")
            return await handlers.request(from, purpose, message, signal);
          return encodeProveBlobsAnswer(decodeProveBlobs(message).digests.map(() => new Uint8Array(32)));
        },
      }),
    });
    await until("all know all", () => nodes.every(({ parts }) => parts.members.count === 4));
    let stored = await store(2);
    for (let number = 0; !stored.placed.includes(liar); number++)
      stored = await store(2, { name: `more ${number}` });
    const honest = stored.placed.find((one) => one !== liar) as TestNode;
    await pass(25 * MINUTE_MS);
    expect((await holders(stored.version)).filter((one) => one !== liar).length).toBe(2);
    const { repair } = await honest.node.status();
    expect(repair.audits.failures[0]).toMatchObject({ holder: { name: "liar" }, reason: "wrong" });
    expect(honest.complaints.join()).toContain("could not prove");
    isLying = false;
    await pass(60 * MINUTE_MS);
    expect((await honest.node.status()).repair.audits.proved).toBeGreaterThan(0);
  });

  test("without knowing it has lost a blob: it fetches it anew", async () => {
    await startAll(3, audits);
    const { version, placed } = await store(2);
    const [first, second] = placed as [TestNode, TestNode];
    const record = await second.disk.entries.get(version);
    const digest = record?.entry.body.content?.digest;
    if (digest === undefined) throw new Error("it has content");
    await second.disk.blobs.delete([digest]);
    await pass(25 * MINUTE_MS);
    expect((await first.node.status()).repair.audits.failures[0]).toMatchObject({ reason: "missing" });
    await until("it is back", async () => (await second.disk.blobs.missing([digest])).length === 0);
    const key = (await first.node.list("")).items.find(
      (item) => item.kind === "file" && item.version === version,
    );
    expect((await readAll(second.node, (key as { key: string }).key)).length).toBe(1000);
  });
});
