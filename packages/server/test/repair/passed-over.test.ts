import type { Digest, EntryId } from "@gstore/core";
import { decodeProveBlobs, messageType } from "@gstore/p2p";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RepairOptions } from "../../src/repair/repair-api.ts";
import { randomBytes, TestNetwork, type TestNode, type TestNodeOptions } from "../support/test-network.ts";
import { turns, until, withinClock } from "../support/waiting.ts";

/** What repair, audits and surplus leave alone, or treat otherwise: history that is over, and nodes that are drained. */

const MINUTE_MS = 60_000;
const NEVER_MS = 1_000_000 * MINUTE_MS;
const times: Partial<RepairOptions> = { walkEveryMs: NEVER_MS, auditEveryMs: NEVER_MS };

let network: TestNetwork;
let nodes: TestNode[];

beforeEach(() => {
  network = new TestNetwork("passed over");
  nodes = [];
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

async function startAll(count: number, options: TestNodeOptions): Promise<void> {
  for (const name of ["a", "b", "c", "d"].slice(0, count)) {
    const node = await network.node(name, options);
    for (const other of nodes) await network.connect(node, other);
    nodes.push(node);
  }
  await until("all know all", () => nodes.every(({ parts }) => parts.members.count === count));
}

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 15_000) {
    network.clock.advance(15_000);
    await turns(15);
  }
}

const isHeldBy = async ({ disk }: TestNode, version: EntryId): Promise<boolean> =>
  (await disk.entries.get(version))?.complete === true;

async function countOf(version: EntryId): Promise<number> {
  const held = await Promise.all(nodes.map((node) => isHeldBy(node, version)));
  return held.filter((isHeld) => isHeld).length;
}

/** Stores a key's versions one after the other, each at the two nodes that should hold it, of which `a` is one. */
async function storeVersions(
  count: number,
  bytes: number,
): Promise<{ versions: EntryId[]; other: TestNode }> {
  const [author, ...others] = nodes as [TestNode, ...TestNode[]];
  for (let number = 0; ; number++) {
    const versions: EntryId[] = [];
    for (let index = 0; index < count; index++) {
      const content = randomBytes(bytes, `${number} ${index}`);
      const put = author.node.store(`key ${number}`, content, { copies: 2, wait: "local" });
      versions.push((await put).version);
    }
    const record = await author.disk.entries.get(versions[0] as EntryId);
    const placed = author.parts.placement.holders((record as NonNullable<typeof record>).entry.body);
    if (!placed.includes(author.id)) continue;
    await until("both hold them", async () => {
      const counts = await Promise.all(versions.map(countOf));
      return counts.every((one) => one >= 2);
    });
    return { versions, other: others.find(({ id }) => placed.includes(id)) as TestNode };
  }
}

test("an audit asks for no proof of a version whose history is over", async () => {
  const asked = new Set<Digest>();
  await startAll(2, {
    repair: { ...times, auditEveryMs: 10 * MINUTE_MS },
    // Both keep it longer than they need: a holder that has given it up would fail the audit.
    collection: { historyMs: 60 * MINUTE_MS, intervalMs: NEVER_MS },
    wrap: (handlers) => ({
      ...handlers,
      request: async (from, purpose, message, signal) => {
        if (messageType(message) === "proveBlobs")
          for (const digest of decodeProveBlobs(message).digests) asked.add(digest);
        return await handlers.request(from, purpose, message, signal);
      },
    }),
  });
  const { versions } = await storeVersions(2, 1000);
  const digests = await Promise.all(
    versions.map(async (version) => (await nodes[0]?.disk.entries.get(version))?.entry.body.content?.digest),
  );
  const [old, current] = digests as [Digest, Digest];
  await pass(61 * MINUTE_MS);
  asked.clear();
  await pass(120 * MINUTE_MS);
  expect(asked).toContain(current);
  expect(asked).not.toContain(old);
});

test("what is due is not given where its history has ended since it was found short", async () => {
  // All are found short together, and then the rate has each wait ten minutes for the one before.
  const bytesPerSecond = 100;
  await startAll(3, {
    repair: { ...times, bytesPerSecond },
    collection: { historyMs: 35 * MINUTE_MS, intervalMs: NEVER_MS },
  });
  const { versions, other } = await storeVersions(5, 60_000);
  nodes = nodes.filter((node) => node !== other);
  for (const { id } of nodes) {
    network.hub.link(other.id, id).severed = true;
    network.hub.disconnect(other.id, id);
  }
  await pass(34 * MINUTE_MS);
  const [giver] = nodes as [TestNode];
  expect((await giver.node.status()).repair).toMatchObject({ copiesMade: 1 });
  await pass(90 * MINUTE_MS);
  const { repair } = await giver.node.status();
  expect(repair).toMatchObject({ short: 0, failed: 0 });
  expect(repair.copiesMade).toBeLessThanOrEqual(2);
  expect(await countOf(versions.at(-1) as EntryId)).toBe(2);
});

test("a node that is drained gives its copies up once as many others as wanted have proved theirs", async () => {
  await startAll(3, { repair: times });
  const { versions } = await storeVersions(1, 1000);
  const [version] = versions as [EntryId];
  const [drained] = nodes as [TestNode];
  const done = withinClock(network.clock, drained.node.drain(), { maxMs: 300_000 });
  expect((await done).value.short.versions).toBe(0);
  let fewest = 3;
  for (let minute = 0; minute < 40; minute++) {
    await pass(MINUTE_MS);
    fewest = Math.min(fewest, await countOf(version));
  }
  expect([fewest, await isHeldBy(drained, version)]).toEqual([2, false]);
  expect((await drained.node.status()).repair.surplusDropped).toBeGreaterThan(0);
});
