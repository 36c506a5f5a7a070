import { CLOCK_DRIFT_MAX_MS } from "@gstore/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, until } from "../support/waiting.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

let network: TestNetwork;
let right: TestNode;

beforeEach(async () => {
  network = new TestNetwork();
  right = await network.node("right");
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

/** A node whose clock is wrong by so much, connected and known to the one whose clock is right. */
async function wrongBy(clockAheadMs: number, name = "wrong"): Promise<TestNode> {
  const node = await network.node(name, { clockAheadMs });
  await network.connect(right, node);
  await until("they know each other", () => right.parts.members.get(node.id) !== undefined);
  return node;
}

const put = async ({ node }: TestNode, key: string, content: string) => {
  network.clock.advance(1000);
  return await node.store(key, content, { wait: "local" });
};
const seenBy = (node: TestNode, key: string, version: string) =>
  until(`${node.node.name} sees it`, async () => {
    const { items } = await node.node.versions(key).catch(() => ({ items: [] }));
    return items.some((one) => one.version === version && one.state === "current");
  });
const text = async ({ node }: TestNode, key: string) => (await readAll(node, key)).toString();

test.each([DAY_MS, -DAY_MS])(
  "a node whose clock is wrong by %d ms loses no write, and takes none away",
  async (byMs) => {
    const wrong = await wrongBy(byMs);
    // Each has seen the other's: the later write is the current one, whatever the clocks say.
    for (const [index, node] of [wrong, right, wrong, right].entries()) {
      const other = node === wrong ? right : wrong;
      const { version } = await put(node, "file", `${index}`);
      await seenBy(other, "file", version);
      for (const one of [right, wrong]) {
        expect(await text(one, "file")).toBe(`${index}`);
        expect((await one.node.conflicts("")).items).toEqual([]);
      }
    }
    network.clock.advance(1000);
    const { version } = await (byMs > 0 ? right : wrong).node.remove("file");
    for (const one of [right, wrong]) {
      await seenBy(one, "file", version);
      expect(await codeOf(one.node.get("file"))).toBe("KEY_NOT_FOUND");
    }
    expect((await right.node.versions("file")).items).toHaveLength(5);
  },
);

test.each([DAY_MS, -DAY_MS])(
  "apart, a clock wrong by %d ms decides which version is shown, not which is kept",
  async (byMs) => {
    const wrong = await wrongBy(byMs);
    network.hub.disconnect(right.id, wrong.id);
    const [first, second] = byMs > 0 ? [right, wrong] : [wrong, right];
    // The one that loses by its clock writes last.
    await put(second, "file", "shown");
    const { version: kept } = await put(first, "file", "kept");
    await network.connect(right, wrong);
    for (const one of [right, wrong]) {
      expect(await text(one, "file")).toBe("shown");
      expect((await one.node.conflicts("")).items).toMatchObject([
        { key: "file", versions: [{ state: "current" }, { state: "conflict", version: kept }] },
      ]);
    }
    const settled = await first.node.resolve("file", kept, { wait: "local" });
    for (const one of [right, wrong]) {
      await seenBy(one, "file", settled.version);
      expect(await text(one, "file")).toBe("kept");
    }
  },
);

test("what superseded a version from tomorrow was current from tomorrow on too", async () => {
  const wrong = await wrongBy(DAY_MS);
  const { version } = await put(wrong, "file", "from tomorrow");
  await seenBy(right, "file", version);
  const { version: later } = await put(right, "file", "from today");
  await seenBy(wrong, "file", later);
  network.clock.advance(2 * DAY_MS);
  // By its time the other stands above it, in the list and at that moment.
  const { items } = await right.node.versions("file");
  expect(items.map(({ state }) => state)).toEqual(["superseded", "current"]);
  for (const one of [right, wrong]) {
    const atMs = network.clock.now() - DAY_MS / 2;
    expect((await one.node.stat("file", { atMs })).version).toBe(later);
  }
});

test("a removal by a clock that is a day ahead loses to an edit that it has not seen", async () => {
  const wrong = await wrongBy(DAY_MS);
  const { version } = await put(right, "file", "text");
  await seenBy(wrong, "file", version);
  network.hub.disconnect(right.id, wrong.id);
  network.clock.advance(1000);
  await wrong.node.remove("file");
  await put(right, "file", "edited");
  await network.connect(right, wrong);
  for (const one of [right, wrong]) expect(await text(one, "file")).toBe("edited");
});

test("a clock that was a day ahead and is set right supersedes what it wrote", async () => {
  const wrong = await wrongBy(DAY_MS);
  const { version } = await put(wrong, "file", "from tomorrow");
  await seenBy(right, "file", version);
  network.hub.disconnect(right.id, wrong.id);
  await wrong.node.stop();
  const { self, disk } = wrong;
  const again = await network.node("wrong", { self, disk: disk.reopened() });
  const { version: later } = await put(again, "file", "from today");
  expect(await text(again, "file")).toBe("from today");
  await network.connect(right, again);
  await seenBy(right, "file", later);
  expect(await text(right, "file")).toBe("from today");
  expect((await right.node.conflicts("")).items).toEqual([]);
});

test("another's clock moves ours by five minutes at most", async () => {
  const [soon, tomorrow] = [await wrongBy(4 * MINUTE_MS, "soon"), await wrongBy(DAY_MS, "tomorrow")];
  const far = await put(tomorrow, "far", "x");
  await seenBy(right, "far", far.version);
  const own = await put(right, "own", "x");
  const storedMs = async (key: string) => (await right.node.stat(key)).storedMs;
  expect(await storedMs("own")).toBe(network.clock.now());
  const near = await put(soon, "near", "x");
  await seenBy(right, "near", near.version);
  const { version } = await put(right, "own", "y");
  expect(version).not.toBe(own.version);
  expect(await storedMs("own")).toBe(await storedMs("near"));
  expect((await storedMs("own")) - network.clock.now()).toBeLessThan(CLOCK_DRIFT_MAX_MS);
});

describe("a clock that jumped while its node was off", () => {
  const collection = { historyMs: 30 * DAY_MS };
  const AHEAD_MS = 40 * DAY_MS;

  /** A node with an old version that is to be kept for 30 days, started anew by a clock that is 40 days ahead. */
  async function jumped(): Promise<TestNode> {
    const node = await network.node("wrong", { collection });
    await network.connect(right, node);
    await put(node, "file", "old");
    await put(node, "file", "new");
    await node.node.stop();
    const { self, disk } = node;
    return await network.node("wrong", { self, disk: disk.reopened(), collection, clockAheadMs: AHEAD_MS });
  }
  const knowEachOther = (nodes: readonly TestNode[]) =>
    until("they know each other", () =>
      nodes.every((one) => nodes.every(({ id }) => one.parts.members.get(id) !== undefined)),
    );

  test("ends no history as long as it is not that of the others, and says so", async () => {
    const wrong = await jumped();
    await network.connect(right, wrong);
    for (const laterMs of [0, 5 * 3_600_000, 2 * DAY_MS]) {
      network.clock.advance(laterMs);
      expect(await wrong.node.collectGarbage()).toMatchObject({ expired: 0, historyPaused: "clocks apart" });
    }
    const apart = [{ peer: right.id, name: "right", aheadMs: AHEAD_MS }];
    expect((await wrong.node.status()).clock).toEqual({ historyPaused: "clocks apart", apart });
    // What it heard of them goes on counting when they are away.
    await network.hub.disconnect(right.id, wrong.id);
    expect(await wrong.node.collectGarbage()).toMatchObject({ expired: 0, historyPaused: "clocks apart" });
    await wrong.node.stop();
    const { self, disk } = wrong;
    const again = await network.node("wrong", { self, disk: disk.reopened(), collection });
    await network.connect(right, again);
    expect(await again.node.collectGarbage()).toMatchObject({ expired: 0, historyPaused: null });
    network.clock.advance(30 * DAY_MS);
    expect(await again.node.collectGarbage()).toMatchObject({ expired: 1, historyPaused: null });
  });

  test("makes another node wait where it is alone with that one, and not where a third bears it out", async () => {
    const wrong = await jumped();
    await network.connect(right, wrong);
    await knowEachOther([right, wrong]);
    expect((await right.node.collectGarbage()).historyPaused).toBe("clocks apart");
    const third = await network.node("third");
    for (const one of [right, wrong]) await network.connect(one, third);
    await knowEachOther([right, wrong, third]);
    expect((await right.node.collectGarbage()).historyPaused).toBe(null);
    expect((await third.node.collectGarbage()).historyPaused).toBe(null);
    expect((await wrong.node.collectGarbage()).historyPaused).toBe("clocks apart");
    const [apart] = (await right.node.status()).clock.apart;
    expect(apart).toMatchObject({ name: "wrong", aheadMs: -AHEAD_MS });
    await right.node.removeMember("wrong");
    expect((await right.node.status()).clock).toEqual({ historyPaused: null, apart: [] });
  });
});
