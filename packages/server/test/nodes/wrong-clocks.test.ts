import { CLOCK_DRIFT_MAX_MS } from "@gstore/core";
import { afterEach, beforeEach, expect, test } from "vitest";
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
