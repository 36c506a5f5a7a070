import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { randomBytes, TestNetwork, type TestNode } from "../support/test-network.ts";
import { until, withinClock } from "../support/waiting.ts";

let network: TestNetwork;

beforeEach(() => {
  network = new TestNetwork();
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

const CAPACITY = 20_000;

/** Four connected nodes of which `tiny` should hold a copy of everything, and may hold little. */
async function withTiny(): Promise<{ tiny: TestNode; others: TestNode[] }> {
  const tiny = await network.node("tiny", { attributes: { capacityBytes: CAPACITY } });
  const others: TestNode[] = [];
  for (const name of ["a", "b", "c"]) {
    const one = await network.node(name);
    for (const other of [tiny, ...others]) await network.connect(one, other);
    others.push(one);
  }
  const all = [tiny, ...others];
  await until("all know all", () => all.every(({ parts }) => parts.members.count === all.length));
  await (others[0] as TestNode).node.setPolicy("", { copies: 3, min: 2, require: ["tiny"] });
  await until("all know the policy", () =>
    all.every(({ parts }) =>
      [...parts.members.state.spaces.values()].some(({ policies }) => policies.size > 0),
    ),
  );
  return { tiny, others };
}

async function put({ node }: TestNode, key: string, size: number): Promise<string[]> {
  const stored = node.store(key, randomBytes(size, key), { wait: "all", waitTimeoutMs: 20_000 });
  const { value } = await withinClock(network.clock, stored, { maxMs: 60_000 });
  return value.holders.map(({ name }) => name).sort();
}

const isFullBy = ({ node }: TestNode): boolean | undefined =>
  node.members().find(({ name }) => name === "tiny")?.full;

describe("a node over its capacity", () => {
  test("refuses copies, which the next in rank take at once, and still learns of every file", async () => {
    const { tiny, others } = await withTiny();
    const [a] = others as [TestNode];
    expect(await put(a, "first", 6000)).toContain("tiny");
    expect(isFullBy(a)).toBe(false);
    // Small ones come along with the announcement, large ones are pushed before it.
    for (const [index, size] of [6000, 3_000_000, 6000, 6000, 200_000].entries()) {
      expect((await put(a, `file-${index}`, size)).length).toBeGreaterThanOrEqual(3);
      // It is asked again later, and may take what is small.
      network.clock.advance(6 * 60_000);
    }
    expect(tiny.disk.blobs.usage().bytes).toBeLessThanOrEqual(CAPACITY);
    await until("it knows all entries", () => tiny.disk.entries.count() === 6);
    expect(await put(a, "last", 30_000)).toEqual(["a", "b", "c"]);
    expect(isFullBy(a)).toBe(true);
    expect((await a.node.explain("last")).nodes.find(({ name }) => name === "tiny")).toMatchObject({
      shouldHold: true,
      full: true,
    });
    // As many nodes as wanted have it: nothing is short.
    expect((await a.node.safe()).current.belowCopies.versions).toBe(0);
    // The tiny node says what it does without, and does not say that it has everything.
    tiny.parts.replication.catchUp.poke({ all: true });
    await until("it has looked", async () => (await tiny.node.status()).noRoom > 0);
    expect(await tiny.node.status()).toMatchObject({ catchingUp: 0 });

    // Once it may hold more it fetches what it should have held all along.
    await a.node.setAttributes("tiny", { capacityBytes: 1000 * CAPACITY });
    await until("it knows", () => tiny.parts.members.get(tiny.id)?.capacityBytes === 1000 * CAPACITY);
    network.clock.advance(60_000);
    const { version } = await a.node.stat("last");
    await until(
      "it holds it",
      async () => (await tiny.disk.entries.get(version as never))?.complete === true,
    );
    await until("there is room for all", async () => (await tiny.node.status()).noRoom === 0);
  });

  test("is named as full, and not as one that merely lacks them, where versions are short", async () => {
    const { tiny, others } = await withTiny();
    const [a, b, c] = others as [TestNode, TestNode, TestNode];
    expect(await put(a, "large", 30_000)).toEqual(["a", "b", "c"]);
    for (const one of [b, c]) for (const other of [a, tiny]) await network.hub.disconnect(other.id, one.id);
    const { members } = await a.node.safe();
    expect(members.find(({ name }) => name === "tiny")).toMatchObject({ state: "full" });
    const asked = (await a.node.whereis("large")).members.find(({ name }) => name === "tiny");
    expect(asked).toMatchObject({ state: "full", isPlaced: true });
    const own = (await tiny.node.whereis("large")).members.find(({ name }) => name === "tiny");
    expect(own?.state).toMatch(/^(full|lacks)$/);
  });

  test("is passed over when a version is handed over", async () => {
    const { tiny, others } = await withTiny();
    const [a, b, c] = others as [TestNode, TestNode, TestNode];
    await a.node.setPolicy("", { copies: 2, min: 1, require: ["a"] });
    for (const one of [tiny, b, c]) await network.hub.disconnect(a.id, one.id);
    const stored = await a.node.store("large", randomBytes(30_000), { wait: "local" });
    // Only now it is to hold it, and the placement would have it do so first.
    await a.node.setPolicy("", { copies: 2, min: 1, require: ["tiny"] });
    for (const one of [tiny, b, c]) await network.connect(a, one);
    const { value } = await withinClock(network.clock, a.node.drain(), { maxMs: 20_000 });
    expect(value.short.versions).toBe(0);
    expect(isFullBy(a)).toBe(true);
    const held = await Promise.all(
      [tiny, b, c].map(async ({ disk }) => (await disk.entries.get(stored.version as never))?.complete),
    );
    expect(held).toEqual([false, true, true]);
  });
});
