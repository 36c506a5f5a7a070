import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, until } from "../support/waiting.ts";

let network: TestNetwork;
let a: TestNode;
let b: TestNode;

beforeEach(async () => {
  network = new TestNetwork();
  [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

const text = async ({ node }: TestNode, key: string) => (await readAll(node, key)).toString();
const put = async ({ node }: TestNode, key: string, content: string) => {
  network.clock.advance(1);
  return (await node.store(key, content, { wait: "local" })).version;
};
const remove = async ({ node }: TestNode, key: string) => {
  network.clock.advance(1);
  return (await node.remove(key)).version;
};
const contending = async ({ node }: TestNode, prefix = "") =>
  (await node.conflicts(prefix)).items.map(({ key, versions }) => [
    key,
    ...versions.map((one) => one.version),
  ]);
const part = () => network.hub.disconnect(a.id, b.id);
const meet = () => network.connect(a, b);
const inBoth = async (check: (node: TestNode) => Promise<void>) => {
  for (const node of [a, b]) await check(node);
};
const untilSeen = (key: string, version: string) =>
  until("both see it", async () =>
    (await Promise.all([a, b].map(({ node }) => node.versions(key)))).every(({ items }) =>
      items.some((one) => one.version === version && one.state === "current"),
    ),
  );

describe("two nodes that were apart", () => {
  test("keep both versions of a key, show the same one, and say that they contend", async () => {
    part();
    const byA = await put(a, "file", "by a");
    const byB = await put(b, "file", "by b, later");
    await put(b, "other", "of b alone");
    await meet();
    await inBoth(async (node) => {
      expect(await text(node, "file")).toBe("by b, later");
      expect(await contending(node)).toEqual([["file", byB, byA]]);
      expect((await node.node.status()).conflicts).toBe(1);
      const { items } = await node.node.conflicts("");
      expect(items[0]?.versions).toMatchObject([
        { op: "put", state: "current", author: { name: "b" }, size: 11, isHere: true },
        { op: "put", state: "conflict", author: { name: "a" }, size: 4, isHere: true },
      ]);
    });
  });

  test("settle it by a word on one of them: the version that is kept is the one everywhere", async () => {
    part();
    const byA = await put(a, "file", "by a");
    const byB = await put(b, "file", "by b");
    await meet();
    const settled = await b.node.resolve("file", byA.slice(0, 16), { wait: "all" });
    expect(settled).toMatchObject({ op: "put", key: "file", size: 4, copies: 2, storedBytes: 0 });
    await inBoth(async (node) => {
      expect(await text(node, "file")).toBe("by a");
      expect(await contending(node)).toEqual([]);
      expect((await node.node.status()).conflicts).toBe(0);
      const { items } = await node.node.versions("file");
      expect(items.map(({ version, state }) => [version, state])).toEqual([
        [settled.version, "current"],
        [byB, "superseded"],
        [byA, "superseded"],
      ]);
      expect(await codeOf(node.node.resolve("file", byB))).toBe("NO_CONFLICT");
    });
  });

  test("have nothing to settle where a later version has seen both", async () => {
    part();
    await put(a, "file", "by a");
    await put(b, "file", "by b");
    await meet();
    await untilSeen("file", await put(a, "file", "both read and merged"));
    await inBoth(async (node) => expect(await contending(node)).toEqual([]));
  });

  test("may settle it both, differently: then that is the conflict, and nothing is lost", async () => {
    part();
    const byA = await put(a, "file", "by a");
    const byB = await put(b, "file", "by b");
    await meet();
    part();
    const forA = await a.node.resolve("file", byA, { wait: "local" });
    network.clock.advance(1);
    const forB = await b.node.resolve("file", byB, { wait: "local" });
    await meet();
    await inBoth(async (node) =>
      expect(await contending(node)).toEqual([["file", forB.version, forA.version]]),
    );
  });
});

describe("a removal", () => {
  test("beats what it has seen, on nodes that come to know of it in any order", async () => {
    await put(a, "file", "text");
    await until("b has it", async () => (await b.node.list("")).items.length === 1);
    part();
    await put(b, "file", "edited by b");
    await remove(b, "file");
    await meet();
    await inBoth(async (node) => {
      expect(await codeOf(node.node.get("file"))).toBe("KEY_NOT_FOUND");
      expect(await contending(node)).toEqual([]);
    });
  });

  test.each(["before", "after"])("loses to an edit that it has not seen, made %s it", async (order) => {
    await put(a, "file", "text");
    await until("b has it", async () => (await b.node.list("")).items.length === 1);
    part();
    if (order === "before") await put(b, "file", "edited by b");
    const removal = await remove(a, "file");
    if (order === "after") await put(b, "file", "edited by b");
    // Another member may know of the key: it can't be asked.
    expect(await codeOf(a.node.get("file"))).toBe("NO_HOLDER_REACHABLE");
    await meet();
    await inBoth(async (node) => {
      expect(await text(node, "file")).toBe("edited by b");
      const { items } = await node.node.conflicts("");
      expect(items[0]?.versions).toMatchObject([
        { op: "put", state: "current", author: { name: "b" } },
        { op: "remove", state: "conflict", version: removal, author: { name: "a" }, size: null },
      ]);
    });
    // Somebody meant it: the removal is kept, and the key is gone everywhere.
    const settled = await b.node.resolve("file", removal);
    expect(settled).toMatchObject({ op: "remove", key: "file" });
    await untilSeen("file", settled.version);
    await inBoth(async (node) => {
      expect(await codeOf(node.node.get("file"))).toBe("KEY_NOT_FOUND");
      expect(await contending(node)).toEqual([]);
    });
  });

  test("takes all versions away that contend, and two of them do not contend", async () => {
    part();
    await put(a, "file", "by a");
    await put(b, "file", "by b");
    await meet();
    await untilSeen("file", await remove(a, "file"));
    const first = await put(a, "twice", "text");
    await untilSeen("twice", first);
    part();
    await remove(a, "twice");
    await remove(b, "twice");
    await meet();
    await inBoth(async (node) => {
      expect((await node.node.list("")).items).toEqual([]);
      expect(await contending(node)).toEqual([]);
      expect(await codeOf(node.node.resolve("twice", first))).toBe("NO_CONFLICT");
    });
    await a.node.restore("twice", first);
    expect(await text(b, "twice")).toBe("text");
  });
});

describe("conflicts", () => {
  test("are listed by prefix in pages, in order of their keys", async () => {
    part();
    const keys = Array.from({ length: 30 }, (_, index) => `docs/${String(index).padStart(2, "0")}`);
    for (const node of [a, b])
      await Promise.all(
        ["a", "z", ...keys].map((key) => node.node.store(key, node.node.name, { wait: "local" })),
      );
    await put(a, "docs/of a", "x");
    await meet();
    const seen: string[] = [];
    for (let after: string | null = "", pages = 0; after !== null; pages++) {
      const page = await b.node.conflicts("docs/", { limit: 7, ...(after !== "" && { after }) });
      seen.push(...page.items.map(({ key }) => key));
      after = page.next;
      expect(pages).toBeLessThan(6);
    }
    expect(seen).toEqual(keys);
    expect((await b.node.conflicts("")).items).toHaveLength(32);
    expect((await b.node.conflicts("nothing")).items).toEqual([]);
    expect(await codeOf(b.node.conflicts("", { limit: 101 }))).toBe("INVALID_ARGUMENT");
  });

  test("are settled only by those who may write, and for versions that contend", async () => {
    const old = await put(a, "file", "old");
    await untilSeen("file", old);
    part();
    const byA = await put(a, "file", "by a");
    await put(b, "file", "by b");
    await meet();
    const reader = await network.node("reader", { role: "reader" });
    const vault = await network.node("vault", { role: "vault" });
    for (const node of [reader, vault]) for (const other of [a, b]) await network.connect(node, other);
    expect(await contending(reader)).toHaveLength(1);
    expect(await codeOf(reader.node.resolve("file", byA))).toBe("REQUEST_REFUSED");
    expect(await codeOf(vault.node.conflicts(""))).toBe("KEY_MISSING");
    expect(await codeOf(vault.node.resolve("file", byA))).toBe("KEY_MISSING");
    const error = await a.node.resolve("file", old).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", message: expect.stringContaining(byA) });
    expect(await codeOf(a.node.resolve("none", old))).toBe("KEY_NOT_FOUND");
    expect(await contending(a)).toHaveLength(1);
  });
});

test("three nodes that meet in whatever order show the same version and the same conflict", async () => {
  const c = await network.node("c");
  const nodes = [a, b, c];
  const versions: string[] = [];
  part();
  for (const node of nodes) versions.unshift(await put(node, "file", `by ${node.node.name}`));
  // c hears of a's through b.
  await meet();
  await network.connect(b, c);
  await network.connect(a, c);
  for (const node of nodes) {
    await until("it knows all", async () => (await node.node.versions("file")).items.length === 3);
    expect(await text(node, "file")).toBe("by c");
    expect((await contending(node))[0]?.slice(0, 2)).toEqual(["file", versions[0]]);
    expect((await contending(node))[0]?.slice(1).sort()).toEqual([...versions].sort());
  }
});
