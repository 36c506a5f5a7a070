import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until } from "../support/waiting.ts";

const FILE = 100_000;
let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let c: TestNode;

beforeEach(async () => {
  network = new TestNetwork();
  [a, b, c] = (await network.mesh("a", "b", "c")) as [TestNode, TestNode, TestNode];
});
afterEach(async () => {
  await network.stop();
});

const bytesHere = ({ disk }: TestNode): number => disk.blobs.usage().bytes;
const entriesAre = (count: number, ...nodes: TestNode[]): Promise<void> =>
  until("they know all", () => nodes.every(({ disk }) => disk.entries.count() === count));
const listed = async ({ node }: TestNode, key: string): Promise<string[]> =>
  (await node.versions(key)).items.map(({ version }) => version);
const content = (name: string): Buffer => randomBytes(FILE, name);

async function apart(one: TestNode): Promise<void> {
  for (const other of [a, b, c]) if (other !== one) network.hub.disconnect(one.id, other.id);
  await turns(10);
}

async function together(one: TestNode): Promise<void> {
  for (const other of [a, b, c]) if (other !== one) await network.connect(one, other);
}

describe("removing a key with its history", () => {
  test("gives up all that it held, on every node at once, and nothing that another key has", async () => {
    const { version: first } = await a.node.store("file", content("first"), { wait: "all" });
    await a.node.store("copy", content("first"), { wait: "all" });
    const { version: second } = await b.node.store("file", content("second"), { wait: "all" });
    const { version } = await c.node.remove("file", { history: true });
    await entriesAre(4, a, b, c);
    for (const one of [a, b, c]) {
      await until("it is given up", async () => (await listed(one, "file")).length === 1);
      expect(await listed(one, "file")).toEqual([version]);
      expect(await codeOf(one.node.get("file"))).toBe("KEY_NOT_FOUND");
      for (const old of [first, second]) {
        expect(await codeOf(one.node.get("file", { version: old }))).toBe("VERSION_EXPIRED");
        expect(await codeOf(one.node.restore("file", old))).toBe("VERSION_EXPIRED");
      }
    }
    // The space comes by itself, within two minutes.
    for (let second = 0; second < 120; second++) {
      network.clock.advance(1000);
      await turns(5);
    }
    for (const one of [a, b, c]) {
      expect(bytesHere(one)).toBeLessThan(1.1 * FILE);
      expect((await readAll(one.node, "copy")).equals(content("first"))).toBe(true);
    }
    // The key is as any other that was removed.
    await a.node.store("file", content("again"), { wait: "all" });
    for (const one of [a, b, c])
      expect((await readAll(one.node, "file")).equals(content("again"))).toBe(true);
  });

  test("reaches who was away; what that wrote without having seen it stays", async () => {
    const { version: seen } = await a.node.store("file", content("seen"), { wait: "all" });
    await a.node.store("other", content("other"), { wait: "all" });
    await apart(c);
    const { version: unseen } = await c.node.store("file", content("unseen"));
    await a.node.remove("file", { history: true });
    await a.node.remove("other", { history: true });
    await entriesAre(4, a, b);
    await together(c);
    await entriesAre(5, a, b, c);
    for (const one of [a, b, c]) {
      await until("what was seen is given up", async () => !(await listed(one, "file")).includes(seen));
      expect((await readAll(one.node, "file")).equals(content("unseen"))).toBe(true);
      expect(await listed(one, "file")).toContain(unseen);
      expect(await codeOf(one.node.get("other"))).toBe("KEY_NOT_FOUND");
    }
    await c.node.collectGarbage();
    expect(bytesHere(c)).toBeLessThan(1.1 * FILE);
  });

  test("takes in what was removed before, and rejects for a key that never was", async () => {
    const { version } = await a.node.store("file", content("file"), { wait: "all" });
    await a.node.remove("file");
    expect(await codeOf(a.node.remove("file"))).toBe("KEY_NOT_FOUND");
    await a.node.remove("file", { history: true });
    expect(await codeOf(a.node.restore("file", version))).toBe("VERSION_EXPIRED");
    expect(await a.node.collectGarbage()).toMatchObject({ unreadable: [] });
    expect(bytesHere(a)).toBe(0);
    expect(await codeOf(a.node.remove("never", { history: true }))).toBe("KEY_NOT_FOUND");
  });

  test("is not for readers", async () => {
    await a.node.store("file", content("file"), { wait: "all" });
    const reader = await network.node("reader", { role: "reader" });
    await network.connect(a, reader);
    expect(await codeOf(reader.node.remove("file", { history: true }))).toBe("REQUEST_REFUSED");
  });

  test("is undone by nothing that is going on: what is read is read to its end, what is restored stays", async () => {
    const { version } = await a.node.store("file", content("file"), { wait: "all" });
    const { stream } = await a.node.get("file");
    const [restored] = await Promise.all([
      a.node.restore("file", version),
      b.node.remove("file", { history: true }),
    ]);
    await entriesAre(3, a, b, c);
    await Promise.all([a, b, c].map(({ node }) => node.collectGarbage()));
    let bytes = 0;
    for await (const piece of stream) bytes += piece.length;
    expect(bytes).toBe(FILE);
    for (const one of [a, b, c]) expect((await readAll(one.node, "file")).equals(content("file"))).toBe(true);
    expect(await listed(a, "file")).toContain(restored.version);
  });
});
