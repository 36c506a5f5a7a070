import type { Entry, EntryId } from "@gstore/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
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

const entryOf = async ({ disk }: TestNode, version: EntryId) =>
  (await disk.entries.get(version))?.entry as Entry;
const statesOf = async ({ node }: TestNode, key: string) =>
  (await node.versions(key)).items.map(({ op, state }) => `${op} ${state}`);

describe("restoring a version", () => {
  test("makes a new one with its content and description, on every node, and sends no blob again", async () => {
    const content = randomBytes(3 * MIB);
    const said = { contentType: "text/plain", modifiedMs: 5, mode: 0o600, userMetadata: { tag: "x" } };
    const { version: first, digest } = await a.node.store("file", content, said);
    await b.node.store("file", "second");
    const blobs = [a, b].map(({ disk }) => disk.blobs.usage().blobs);
    const { bytes } = network.hub.link(a.id, b.id).from(b.id);
    const restored = await b.node.restore("file", first.slice(0, 14), { wait: "all" });
    expect(restored).toMatchObject({ key: "file", size: content.length, digest, copies: 2, storedBytes: 0 });
    expect(restored.version).not.toBe(first);
    expect(network.hub.link(a.id, b.id).from(b.id).bytes - bytes).toBeLessThan(10 * KIB);
    expect([a, b].map(({ disk }) => disk.blobs.usage().blobs)).toEqual(blobs);
    for (const node of [a, b]) {
      expect((await readAll(node.node, "file")).equals(content)).toBe(true);
      expect(await node.node.stat("file")).toMatchObject({ version: restored.version, digest, ...said });
      expect(await statesOf(node, "file")).toEqual(["put current", "put superseded", "put superseded"]);
    }
    const [old, made] = [await entryOf(b, first), await entryOf(b, restored.version)];
    expect(made.body.placement).toBe(old.body.placement);
    expect(made.body.content).toEqual(old.body.content);
  });

  test("brings back a key that was removed, and an empty file", async () => {
    const { version } = await a.node.store("file", "text");
    const { version: removal } = await a.node.remove("file");
    await until("b knows it", async () => (await b.node.list("")).items.length === 0);
    await b.node.restore("file", version);
    expect((await readAll(a.node, "file")).toString()).toBe("text");
    expect(await codeOf(a.node.restore("file", removal))).toBe("KEY_NOT_FOUND");
    const { version: empty } = await a.node.store("empty", "");
    await a.node.store("empty", "no more");
    await a.node.restore("empty", empty);
    expect((await b.node.stat("empty")).size).toBe(0);
  });

  test("fetches first what is not here of it, and writes nothing where that can't be had", async () => {
    network.hub.disconnect(a.id, b.id);
    const contentOf = (name: string) => randomBytes(2 * MIB, name);
    let key = "";
    let version = "";
    for (let index = 0; key === ""; index++) {
      const stored = await a.node.store(`file ${index}`, contentOf(`file ${index}`), {
        copies: 1,
        wait: "local",
      });
      const { body } = await entryOf(a, stored.version);
      if (a.parts.placement.shouldHold(b.id, body)) continue;
      key = stored.key;
      version = stored.version;
    }
    await a.node.remove(key);
    await network.connect(a, b);
    await until("b knows it", async () => (await statesOf(b, key)).length === 2);
    expect((await b.node.versions(key)).items[1]?.isHere).toBe(false);
    network.hub.disconnect(a.id, b.id);
    const entries = b.disk.entries.count();
    expect(await codeOf(b.node.restore(key, version))).toBe("NO_HOLDER_REACHABLE");
    expect(b.disk.entries.count()).toBe(entries);
    await network.connect(a, b);
    const restored = await b.node.restore(key, version, { wait: "local" });
    network.hub.disconnect(a.id, b.id);
    expect((await b.node.versions(key)).items[0]).toMatchObject({ version: restored.version, isHere: true });
    expect((await readAll(b.node, key)).equals(contentOf(key))).toBe(true);
  });

  test("is refused to who may not write, before anything is fetched, and for what is no version", async () => {
    const { version } = await a.node.store("file", "text", { wait: "all" });
    const reader = await network.node("reader", { role: "reader" });
    const vault = await network.node("vault", { role: "vault" });
    for (const node of [reader, vault]) await network.connect(a, node);
    const entries = reader.disk.entries.count();
    expect(await codeOf(reader.node.restore("file", version))).toBe("REQUEST_REFUSED");
    expect(await codeOf(vault.node.restore("file", version))).toBe("KEY_MISSING");
    expect(reader.disk.entries.count()).toBe(entries);
    const { version: other } = await a.node.store("other", "x");
    expect(await codeOf(a.node.restore("file", other))).toBe("VERSION_NOT_FOUND");
    expect(await codeOf(a.node.restore("file", "nonsense"))).toBe("INVALID_ARGUMENT");
    expect(await codeOf(a.node.restore("file", version, { waitTimeoutMs: -1 }))).toBe("INVALID_ARGUMENT");
    const stop = AbortSignal.abort();
    expect(await codeOf(a.node.restore("file", version, { signal: stop }))).toBe("ABORTED");
    expect(await statesOf(a, "file")).toEqual(["put current"]);
  });
});
