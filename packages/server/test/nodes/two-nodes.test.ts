import type { ConnectedPeer, PeerHandlers } from "@gstore/core";
import { messageType } from "@gstore/p2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { NodeEvents } from "../../src/api.ts";
import { bytesOf, randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, until } from "../support/waiting.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

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

const blobsOf = (node: TestNode) => node.disk.blobs.usage().blobs;
const isRead = async (node: TestNode, key: string, content: Buffer) =>
  expect((await readAll(node.node, key)).equals(content)).toBe(true);

describe("what one node stores, the other reads", () => {
  const sizes = [0, 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, MIB, 5 * MIB];
  test.each(sizes)("byte by byte, %d bytes", async (size) => {
    const content = randomBytes(size);
    const stored = await a.node.store("notes/file", content);
    expect(stored).toMatchObject({ size, copies: 2, wanted: 2 });
    expect(stored.holders.map(({ name }) => name).sort()).toEqual(["a", "b"]);
    await isRead(b, "notes/file", content);
    // Without asking for anything: all of it is here.
    expect(await b.parts.replication.catchUp.behind).toBe(0);
    expect(blobsOf(b)).toBe(blobsOf(a));
  });

  test("in any range", async () => {
    const content = randomBytes(3 * MIB);
    await a.node.store("file", content);
    const middle = await b.node.get("file", { range: { start: MIB - 5, end: MIB + 5 } });
    expect(middle.range).toEqual({ start: MIB - 5, end: MIB + 5, length: 11 });
    expect((await bytesOf(middle.stream)).equals(content.subarray(MIB - 5, MIB + 6))).toBe(true);
    const last = await b.node.get("file", { range: { suffix: 3 } });
    expect((await bytesOf(last.stream)).equals(content.subarray(-3))).toBe(true);
    expect(await codeOf(b.node.get("file", { range: { start: 3 * MIB } }))).toBe("RANGE_NOT_SATISFIABLE");
  });

  test("compressible content too", async () => {
    const content = Buffer.from("the same line again and again\n".repeat(50_000));
    await a.node.store("log", content);
    await isRead(b, "log", content);
    expect(a.disk.blobs.usage().bytes).toBeLessThan(content.length / 10);
  });

  test("with its name, size, digest and what the user said of it", async () => {
    const said = { contentType: "text/plain", modifiedMs: 5, mode: 0o600, userMetadata: { tag: "x" } };
    const { version, digest } = await a.node.store("file", "text", said);
    const expected = { key: "file", version, digest, size: 4, ...said, author: { peer: a.id, name: "a" } };
    expect(await b.node.stat("file")).toMatchObject(expected);
    expect((await b.node.list("")).items).toMatchObject([{ kind: "file", ...expected }]);
  });

  test("as soon as the store says that both hold it", async () => {
    for (let index = 0; index < 20; index++) {
      await a.node.store(`key ${index}`, `content ${index}`, { wait: "all" });
      expect((await readAll(b.node, `key ${index}`)).toString()).toBe(`content ${index}`);
    }
  });

  test("in many small files at once", async () => {
    const stores = Array.from({ length: 100 }, (_, index) =>
      [a, b][index % 2]?.node.store(`key ${index}`, randomBytes(4 * KIB, `${index}`)),
    );
    await Promise.all(stores);
    for (const node of [a, b]) {
      const { items } = await node.node.list("");
      expect(items).toHaveLength(100);
    }
    await isRead(a, "key 1", randomBytes(4 * KIB, "1"));
    await isRead(b, "key 0", randomBytes(4 * KIB, "0"));
  });
});

describe("a key that is stored again", () => {
  test("is read with its new content on both nodes, whoever stored it", async () => {
    const [first, second] = [randomBytes(MIB, "first"), randomBytes(MIB, "second")];
    await a.node.store("file", first);
    await isRead(b, "file", first);
    await b.node.store("file", second);
    await isRead(a, "file", second);
    await isRead(b, "file", second);
    expect((await a.node.list("")).items).toHaveLength(1);
  });

  test("keeps its holders: versions share a placement", async () => {
    const placements = new Set<string>();
    for (const node of [a, b, a]) {
      const { version } = await node.node.store("file", `by ${node.id}`);
      placements.add((await a.disk.entries.get(version))?.entry.body.placement as string);
    }
    expect(placements.size).toBe(1);
  });
});

test("the same content under two keys, by two nodes, is one set of blobs on both", async () => {
  const content = randomBytes(5 * MIB);
  await a.node.store("first", content);
  const before = [blobsOf(a), blobsOf(b)];
  const { bytes } = network.hub.link(a.id, b.id).from(b.id);
  const again = await b.node.store("second", content);
  expect(again).toMatchObject({ copies: 2, storedBytes: 0 });
  expect([blobsOf(a), blobsOf(b)]).toEqual(before);
  // Nor do they travel again: what is sent is questions and an entry.
  expect(network.hub.link(a.id, b.id).from(b.id).bytes - bytes).toBeLessThan(10 * KIB);
  for (const node of [a, b]) for (const key of ["first", "second"]) await isRead(node, key, content);
});

describe("a key that is removed", () => {
  test("is gone on both nodes, and can be stored again", async () => {
    expect(await a.node.store("file", "text")).toMatchObject({ isNew: true });
    expect(await b.node.store("file", "newer")).toMatchObject({ isNew: false });
    await b.node.remove("file");
    await until("a sees the removal", async () => (await a.node.list("")).items.length === 0);
    expect(await codeOf(a.node.get("file"))).toBe("KEY_NOT_FOUND");
    expect(await codeOf(b.node.stat("file"))).toBe("KEY_NOT_FOUND");
    expect(await a.node.store("file", "again")).toMatchObject({ isNew: true });
    expect((await readAll(b.node, "file")).toString()).toBe("again");
  });

  test("has to be there", async () => {
    expect(await codeOf(a.node.remove("nothing"))).toBe("KEY_NOT_FOUND");
    await a.node.store("file", "text");
    await a.node.remove("file");
    expect(await codeOf(a.node.remove("file"))).toBe("KEY_NOT_FOUND");
  });
});

describe("events", () => {
  test("tell each node of every change once, with what it is", async () => {
    const seen: Record<string, NodeEvents["change"][]> = { a: [], b: [] };
    for (const node of [a, b]) node.node.on("change", (change) => seen[node.node.name]?.push(change));
    const { version: first } = await a.node.store("file", "1");
    const { version: second } = await b.node.store("file", "2");
    const { version: third } = await a.node.remove("file");
    const expected = [
      { space: "main", key: "file", version: first, op: "put", author: a.id },
      { space: "main", key: "file", version: second, op: "put", author: b.id },
      { space: "main", key: "file", version: third, op: "remove", author: a.id },
    ];
    await until("b has seen the removal", () => (seen.b?.length ?? 0) >= 3);
    expect(seen).toEqual({ a: expected, b: expected });
  });

  test.each([10, MIB])("tell who holds a version of %d bytes when it does", async (size) => {
    const held: Record<string, string[]> = { a: [], b: [] };
    for (const node of [a, b]) node.node.on("held", ({ holder }) => held[node.node.name]?.push(holder));
    await a.node.store("file", randomBytes(size), { wait: "all" });
    expect(held).toEqual({ a: [a.id, b.id], b: [b.id] });
  });
});

test("a peer that comes again before it was missed is asked for what it wrote meanwhile", async () => {
  let handlers: PeerHandlers | undefined;
  const c = await network.node("c", {
    wrap: (given) => {
      handlers = given;
      return given;
    },
  });
  await network.connect(a, c);
  const asked: string[] = [];
  network.hub.link(a.id, c.id).from(c.id).onRequest = ({ message }) => void asked.push(messageType(message));
  handlers?.connectedAgain?.(c.network.peers()[0] as ConnectedPeer);
  await until("c has asked", () => asked.includes("syncEntries"));
});
