import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, until, withinClock } from "../support/waiting.ts";

const MIB = 1024 * 1024;

let network: TestNetwork;
beforeEach(() => {
  network = new TestNetwork();
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

const isRead = async (node: TestNode, key: string, content: Buffer) =>
  expect((await readAll(node.node, key)).equals(content)).toBe(true);

/** Waits while the clock goes on: for what nodes do after a delay. */
async function eventually(what: string, condition: () => Promise<boolean> | boolean): Promise<void> {
  await until(what, async () => {
    network.clock.advance(20);
    return await condition();
  });
}

async function holds(node: TestNode, key: string): Promise<boolean> {
  const { items } = await node.node.list(key);
  if (items[0]?.kind !== "file") return false;
  return (await node.disk.entries.get(items[0].version))?.complete ?? false;
}

const isKnown = (node: TestNode, count: number) => async () =>
  (await node.node.list("")).items.length === count;

describe("one sender and three receivers", () => {
  test.each([0, 100, 3 * MIB])(
    "with four copies wanted all four hold %d bytes when the store returns",
    async (size) => {
      const [a, ...receivers] = (await network.mesh("a", "b", "c", "d")) as [TestNode, ...TestNode[]];
      const content = randomBytes(size);
      const stored = await a.node.store("file", content, { copies: 4, wait: "all" });
      expect(stored).toMatchObject({ copies: 4, wanted: 4 });
      expect(stored.holders.map(({ name }) => name).sort()).toEqual(["a", "b", "c", "d"]);
      for (const receiver of receivers) {
        expect(await holds(receiver, "file")).toBe(true);
        await isRead(receiver, "file", content);
      }
    },
  );

  test("with two copies wanted two hold it, and all four read it", async () => {
    const nodes = (await network.mesh("a", "b", "c", "d")) as [TestNode, ...TestNode[]];
    const content = randomBytes(3 * MIB);
    const stored = await nodes[0].node.store("file", content, { copies: 2, wait: "all" });
    expect(stored.wanted).toBe(2);
    expect(stored.copies).toBeGreaterThanOrEqual(2);
    for (const node of nodes) await isRead(node, "file", content);
    const holders = await Promise.all(nodes.map((node) => holds(node, "file")));
    expect(holders.filter(Boolean)).toHaveLength(stored.copies);
  });
});

describe("a node that connects later", () => {
  test("catches up on keys, content and removals", async () => {
    const a = await network.node("a");
    const contents = new Map([0, 100, 2 * MIB].map((size) => [`file ${size}`, randomBytes(size)]));
    for (const [key, content] of contents) await a.node.store(key, content);
    await a.node.store("gone", "text");
    await a.node.remove("gone");
    const b = await network.node("b");
    await network.connect(a, b);
    for (const key of contents.keys()) await eventually("b holds all", () => holds(b, key));
    expect((await b.node.list("")).items).toHaveLength(3);
    network.hub.disconnect(a.id, b.id);
    for (const [key, content] of contents) await isRead(b, key, content);
  });

  test("catches up on more entries than a page of a sync has", async () => {
    const a = await network.node("a");
    const writes = Array.from({ length: 1500 }, (_, index) => a.node.store(`key ${index}`, `${index}`));
    await Promise.all(writes);
    const b = await network.node("b");
    await network.connect(a, b);
    await until("b has all", () => b.disk.entries.count() === 1500);
    await eventually("b holds all", () => b.disk.blobs.usage().blobs === 1500);
    expect((await readAll(b.node, "key 1499")).toString()).toBe("1499");
  });

  test("catches up on what was written while it was away, both ways", async () => {
    const [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
    network.hub.disconnect(a.id, b.id);
    const [fromA, fromB] = [randomBytes(MIB, "a"), randomBytes(MIB, "b")];
    await Promise.all([a.node.store("a", fromA), b.node.store("b", fromB)]);
    await network.connect(a, b);
    await eventually("b holds a's", () => holds(b, "a"));
    await eventually("a holds b's", () => holds(a, "b"));
    await isRead(b, "a", fromA);
    await isRead(a, "b", fromB);
  });

  test("takes the copy that a put could not place, and the put's node learns of it", async () => {
    const [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
    network.hub.disconnect(a.id, b.id);
    const stored = a.node.store("file", randomBytes(MIB), { wait: "all", waitTimeoutMs: 60_000 });
    await until("a has stored it", isKnown(a, 1));
    await network.connect(a, b);
    expect((await withinClock(network.clock, stored, { maxMs: 10_000 })).value.copies).toBe(2);
  });
});

describe("a chain of nodes, a to b to c", () => {
  async function chain(): Promise<[TestNode, TestNode, TestNode]> {
    const [a, b, c] = [await network.node("a"), await network.node("b"), await network.node("c")];
    await network.connect(a, b);
    await network.connect(b, c);
    return [a, b, c];
  }

  test("brings what one end stores to the other, and a removal after it", async () => {
    const [a, b, c] = await chain();
    const content = randomBytes(2 * MIB);
    await a.node.store("file", content);
    await eventually("c holds it", () => holds(c, "file"));
    await isRead(c, "file", content);
    await c.node.remove("file");
    await eventually("a sees the removal", isKnown(a, 0));
    expect((await b.node.list("")).items).toEqual([]);
  });

  test("brings many writes of several authors to both ends", async () => {
    const nodes = await chain();
    await Promise.all(
      Array.from({ length: 60 }, (_, index) => nodes[index % 3]?.node.store(`key ${index}`, `${index}`)),
    );
    for (const node of nodes) await eventually(`${node.node.name} has all`, isKnown(node, 60));
  });
});

describe("edits on both sides of a cut", () => {
  async function heads(node: TestNode): Promise<string[]> {
    const { keys, id } = node.parts.spaces.named("main");
    const records = await node.disk.entries.heads(id, keys.keyIdOf("file"));
    return records.map(({ entry }) => entry.id).sort();
  }

  const hasHeads = (node: TestNode, count: number) => async () => (await heads(node)).length === count;

  test("converge to one winner, the same on all nodes, and the next edit resolves them", async () => {
    const [a, b, c] = (await network.mesh("a", "b", "c")) as [TestNode, TestNode, TestNode];
    const nodes = [a, b, c];
    const pairs = [
      [a, b],
      [a, c],
      [b, c],
    ] as const;
    await a.node.store("file", "before", { wait: "all" });
    for (const [one, other] of pairs) network.hub.disconnect(one.id, other.id);
    for (const { node } of nodes) {
      await node.store("file", `by ${node.name}`);
      network.clock.advance(1);
    }
    for (const [one, other] of pairs) await network.connect(one, other);
    for (const node of nodes) await until(`${node.node.name} has three heads`, hasHeads(node, 3));
    // The latest edit wins, and it was c's.
    for (const node of nodes) expect((await readAll(node.node, "file")).toString()).toBe("by c");
    await b.node.store("file", "resolved");
    for (const node of nodes) await until(`${node.node.name} has one head`, hasHeads(node, 1));
    for (const node of nodes) expect((await readAll(node.node, "file")).toString()).toBe("resolved");
  });

  test("win over a removal that did not see them, whichever is later", async () => {
    const [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
    const keys = ["removed later", "removed earlier"];
    for (const key of keys) await a.node.store(key, "before");
    network.hub.disconnect(a.id, b.id);
    await b.node.remove("removed earlier");
    network.clock.advance(10);
    for (const key of keys) await a.node.store(key, "edited");
    network.clock.advance(10);
    await b.node.remove("removed later");
    await network.connect(a, b);
    for (const key of keys) {
      for (const { node } of [a, b]) {
        const isThere = async () => (await codeOf(node.stat(key))) === "nothing";
        await eventually(`${node.name} shows the edit`, isThere);
        expect((await readAll(node, key)).toString()).toBe("edited");
      }
    }
  });

  test("at the same time have the same winner wherever they are known first", async () => {
    const [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
    network.hub.disconnect(a.id, b.id);
    // The clock stands: both have the same time.
    await Promise.all([a, b].map(({ node }) => node.store("file", `by ${node.name}`)));
    await network.connect(a, b);
    for (const node of [a, b]) await until("both have both", hasHeads(node, 2));
    const [onA, onB] = [await readAll(a.node, "file"), await readAll(b.node, "file")];
    expect(onA.toString()).toBe(onB.toString());
  });
});
