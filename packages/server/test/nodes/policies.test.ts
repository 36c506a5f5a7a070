import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { SyncedFile } from "../../src/synced-file.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { until } from "../support/waiting.ts";

let network: TestNetwork;
beforeEach(() => {
  network = new TestNetwork("policies");
});
afterEach(() => network.stop());

const codeOf = (action: Promise<unknown>): Promise<unknown> =>
  action.then(
    () => "nothing",
    (error: { code?: string }) => error.code,
  );

async function classOf({ node, disk }: TestNode, key: string): Promise<number | undefined> {
  return (await disk.entries.get((await node.stat(key)).version))?.entry.body.policyClass;
}

function memoryFile(): SyncedFile {
  let content: Uint8Array | null = null;
  const replace = async (bytes: Uint8Array): Promise<void> => {
    content = bytes;
  };
  return { path: "reclassify.json", read: async () => content, replace };
}

describe("a policy", () => {
  test("of a space's default holds for what is there and what comes", async () => {
    const [a, b, c] = await network.mesh("a", "b", "c");
    await a?.node.setPolicy("", { copies: 2, min: 1, historyMs: 60_000 });
    await until("all heard of it", () => [b, c].every((one) => one?.node.policies()[0]?.copies === 2));
    expect(b?.node.policies()).toEqual([
      {
        ...{ space: "main", prefix: "", policyClass: 0, isSet: true, copies: 2, min: 1, zones: 1 },
        ...{ required: [], historyMs: 60_000 },
      },
    ]);
    const { wanted, copies } = (await b?.node.store("file", "text", { wait: "all" })) ?? {};
    expect([wanted, copies]).toEqual([2, 2]);
    await b?.node.removePolicy("");
    expect(b?.node.policies()[0]).toMatchObject({ isSet: false, copies: 3, min: 2 });
  });

  test("by prefix is that of the longest one, and a number of copies of its own wins", async () => {
    const [a] = await network.mesh("a", "b");
    const { node } = a as TestNode;
    const photos = await node.setPolicy("photos/", { copies: 5 });
    const raw = await node.setPolicy("photos/raw/", { copies: 1 });
    for (const key of ["photos/one", "photos/raw/one", "photo", "other"]) await node.store(key, key);
    await node.store("photos/two", "two", { copies: 2 });
    const classes = ["photos/one", "photos/raw/one", "photo", "other", "photos/two"];
    expect(await Promise.all(classes.map((key) => classOf(a as TestNode, key)))).toEqual([
      ...[photos.policy.policyClass, raw.policy.policyClass, 0, 0, 2],
    ]);
    expect(node.policies().map(({ prefix, copies, min }) => [prefix, copies, min])).toEqual([
      ["", 3, 2],
      ["photos/", 5, 2],
      ["photos/raw/", 1, 1],
    ]);
    expect(photos.notes).toEqual(["5 copies are wanted, and only 2 members may hold them."]);
  });

  test("has one class for two admins that do not hear of one another, and none that a vault could read", async () => {
    const [a, b] = await network.mesh("a", "b");
    const vault = await network.node("v", { role: "vault" });
    await network.connect(a as TestNode, vault);
    network.hub.disconnect((a as TestNode).id, (b as TestNode).id);
    const one = await a?.node.setPolicy("secret plans/", { copies: 2 });
    const two = await b?.node.setPolicy("secret plans/", { copies: 4 });
    expect(one?.policy.policyClass).toBe(two?.policy.policyClass);
    await network.connect(a as TestNode, b as TestNode);
    await until("both say the same", () => {
      const [said, other] = [a, b].map((each) => JSON.stringify(each?.node.policies()));
      return said === other;
    });
    await until("the vault has it", () =>
      [...vault.parts.members.state.spaces.values()].some(({ policies }) => policies.size === 1),
    );
    const records = vault.parts.members.records().map(({ bytes }) => Buffer.from(bytes));
    expect(records.some((bytes) => bytes.includes("secret"))).toBe(false);
  });

  test("set later is given to the keys below it: only entries travel, nobody's content changes", async () => {
    const [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
    const content = randomBytes(300_000);
    await a.node.store("docs/large", content);
    for (let index = 0; index < 70; index++) await b.node.store(`docs/${index}`, `text ${index}`);
    await a.node.store("docs/own", "own", { copies: 1 });
    await a.node.store("elsewhere", "text");
    await until("a knows all", async () => (await a.node.list("docs/")).items.length === 72);
    const blobs = a.disk.blobs.usage().blobs;
    const before = await a.node.stat("docs/large");
    const told: number[] = [];
    const report = await a.node.setPolicy(
      "docs/",
      { copies: 2 },
      { onProgress: ({ reclassified }) => told.push(reclassified) },
    );
    expect(report).toMatchObject({ keys: 72, reclassified: 71, left: 0 });
    expect(told.at(-1)).toBe(71);
    const { policyClass } = report.policy;
    expect(await classOf(a, "docs/7")).toBe(policyClass);
    expect(await classOf(a, "docs/own")).toBe(1);
    expect(await classOf(a, "elsewhere")).toBe(0);
    expect(a.disk.blobs.usage().blobs).toBe(blobs);
    expect((await readAll(a.node, "docs/large")).equals(content)).toBe(true);
    const after = await a.node.stat("docs/large");
    expect(after.version).not.toBe(before.version);
    const bodies = await Promise.all(
      [before, after].map(async ({ version }) => (await a.disk.entries.get(version))?.entry.body),
    );
    expect(bodies[1]).toMatchObject({ placement: bodies[0]?.placement, content: bodies[0]?.content });
    await until("b has it too", async () => (await classOf(b, "docs/7")) === policyClass);
    // Set again, there is nothing left to do; dropped, they are the default's again.
    expect(await a.node.setPolicy("docs/", { copies: 2 })).toMatchObject({ reclassified: 0 });
    expect(await a.node.removePolicy("docs/")).toMatchObject({ reclassified: 71 });
    expect(await classOf(a, "docs/7")).toBe(0);
  });

  test("does not settle a conflict, nor undo a put that comes meanwhile", async () => {
    const [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
    network.hub.disconnect(a.id, b.id);
    await a.node.store("docs/both", "by a");
    await b.node.store("docs/both", "by b");
    await network.connect(a, b);
    await until("a sees the conflict", async () => (await a.node.conflicts("")).items.length === 1);
    await a.node.store("docs/one", "old");
    const setting = a.node.setPolicy("docs/", { copies: 2 });
    const put = a.node.store("docs/one", "new");
    const [report] = await Promise.all([setting, put]);
    expect(report.left).toBe(1);
    expect((await a.node.conflicts("")).items).toHaveLength(1);
    expect((await readAll(a.node, "docs/one")).toString()).toBe("new");
    expect((await a.node.conflicts("")).items.map(({ key }) => key)).toEqual(["docs/both"]);
  });

  test("whose keys were not all reached goes on at the next start", async () => {
    const file = memoryFile();
    const a = await network.node("a", { reclassifyFile: file });
    for (let index = 0; index < 100; index++) await a.node.store(`docs/${index}`, `text ${index}`);
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    const broken = a.node.setPolicy("docs/", { copies: 2 }, { signal: stop.signal, onProgress });
    expect(await codeOf(broken)).toBe("ABORTED");
    const written = Buffer.from((await file.read()) ?? []).toString();
    expect(written).toContain('"sealedPrefix"');
    expect(written).not.toMatch(/docs|main/);
    const policyClass = a.node.policies()[1]?.policyClass;
    const done = async (node: TestNode) =>
      (await Promise.all(Array.from({ length: 100 }, (_, index) => classOf(node, `docs/${index}`)))).filter(
        (one) => one === policyClass,
      ).length;
    expect(await done(a)).toBeLessThan(100);
    await a.node.stop();
    const again = await network.node("a", {
      ...{ self: a.self, disk: a.disk.reopened(), reclassifyFile: file },
    });
    await until("all have the class", async () => (await done(again)) === 100);
    await until("it is done", () => again.parts.pendingPrefixes.all().length === 0);
  });
});

describe("a policy that can't be is refused before anything changes:", () => {
  test("what contradicts itself, and who is no admin", async () => {
    const a = await network.node("a");
    const writer = await network.node("w", { role: "writer" });
    const records = a.parts.members.records().length;
    const refused = [
      { copies: 0 },
      { copies: 65 },
      { copies: 1.5 },
      { copies: 2, min: 3 },
      { copies: 2, zones: 3 },
      { min: 0 },
      { historyMs: -1 },
      { copies: 1, require: ["a", writer.id] },
    ];
    await network.connect(a, writer);
    for (const settings of refused)
      expect(await codeOf(a.node.setPolicy("docs/", settings))).toBe("INVALID_ARGUMENT");
    expect(await codeOf(a.node.setPolicy("docs/", { require: ["nobody"] }))).toBe("NOT_A_MEMBER");
    expect(await codeOf(a.node.setPolicy("a\0b", {}))).toBe("INVALID_KEY");
    expect(await codeOf(a.node.setPolicy("docs/", {}, { space: "none" }))).toBe("SPACE_NOT_FOUND");
    expect(await codeOf(a.node.removePolicy("docs/"))).toBe("INVALID_ARGUMENT");
    expect(await codeOf(writer.node.setPolicy("docs/", {}))).toBe("REQUEST_REFUSED");
    expect(a.node.policies()).toHaveLength(1);
    expect(a.parts.members.records().length).toBeLessThanOrEqual(records + 3);
  });

  test("and one that asks for more than there is is set with a note", async () => {
    const a = await network.node("a");
    const { notes } = await a.node.setPolicy("docs/", { copies: 3, zones: 2, require: ["a"] });
    expect(notes).toHaveLength(2);
    expect(await codeOf(a.node.explain("docs/none"))).toBe("KEY_NOT_FOUND");
    await a.node.store("docs/one", "one");
    await a.node.setAttributes("a", { capacityBytes: 5000, zone: "home" });
    const { by, policy, nodes } = await a.node.explain("docs/one");
    expect([by, policy.prefix]).toEqual(["policy", "docs/"]);
    expect(nodes).toMatchObject([
      { name: "a", shouldHold: true, required: true, capacityBytes: 5000, zone: "home" },
    ]);
  });
});
