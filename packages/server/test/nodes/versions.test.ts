import type { Entry, EntryId } from "@gstore/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { VersionInfo } from "../../src/history-api.ts";
import { RawMember } from "../support/raw-member.ts";
import { bytesOf, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, until, withinClock } from "../support/waiting.ts";

const MINUTE_MS = 60_000;

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

const statesOf = async ({ node }: TestNode, key: string) =>
  (await node.versions(key)).items.map(({ op, state }) => `${op} ${state}`);
const read = async ({ node }: TestNode, key: string, which: { version?: string; atMs?: number }) =>
  (await bytesOf((await node.get(key, which)).stream)).toString();

describe("the versions of a key", () => {
  test("are all that was written, removals too, newest first, the same on every node", async () => {
    const { version: first } = await a.node.store("file", "one");
    network.clock.advance(MINUTE_MS);
    const { version: second } = await b.node.store("file", "second");
    network.clock.advance(MINUTE_MS);
    const { version: removal } = await a.node.remove("file");
    network.clock.advance(MINUTE_MS);
    const { version: last, digest } = await b.node.store("file", "last one");
    await until("a knows all", async () => (await a.node.versions("file")).items.length === 4);
    const startMs = network.clock.now() - 3 * MINUTE_MS;
    const file = (version: EntryId, size: number, by: TestNode) => ({
      ...{ key: "file", version, op: "put", size, isHere: true },
      author: { peer: by.id, name: by.node.name },
    });
    for (const node of [a, b]) {
      const page = await node.node.versions("file");
      expect(page.next).toBeNull();
      expect(page.items).toMatchObject([
        { ...file(last, 8, b), state: "current", digest, storedMs: startMs + 3 * MINUTE_MS },
        {
          version: removal,
          op: "remove",
          state: "superseded",
          size: null,
          digest: null,
          author: { name: "a" },
        },
        { ...file(second, 6, b), state: "superseded", storedMs: startMs + MINUTE_MS },
        { ...file(first, 3, a), state: "superseded", storedMs: startMs },
      ]);
    }
  });

  test("are listed of a removed key as well, and of no other key", async () => {
    await a.node.store("file", "text");
    await a.node.store("file2", "other");
    await a.node.remove("file");
    expect(await statesOf(a, "file")).toEqual(["remove current", "put superseded"]);
    expect(await codeOf(a.node.versions("nothing"))).toBe("KEY_NOT_FOUND");
    expect(await codeOf(a.node.versions("../x"))).toBe("INVALID_KEY");
    network.hub.disconnect(a.id, b.id);
    expect(await codeOf(a.node.versions("nothing"))).toBe("NO_HOLDER_REACHABLE");
  });

  test("come in pages that neither skip nor repeat, whatever is written meanwhile", async () => {
    const stored: EntryId[] = [];
    for (let index = 0; index < 25; index++) {
      stored.unshift((await a.node.store("file", `${index}`, { wait: "local" })).version);
      if (index % 3 === 0) network.clock.advance(1);
    }
    const seen: VersionInfo[] = [];
    for (let after: EntryId | null = null, isFirst = true; isFirst || after !== null; isFirst = false) {
      const page = await a.node.versions("file", { limit: 4, ...(after && { after }) });
      expect(page.items.length).toBeLessThanOrEqual(4);
      seen.push(...page.items);
      after = page.next;
      await a.node.store("file", `between ${seen.length}`, { wait: "local" });
    }
    expect(seen.map(({ version }) => version)).toEqual(stored);
    for (const limit of [0, 101, 1.5])
      expect(await codeOf(a.node.versions("file", { limit }))).toBe("INVALID_ARGUMENT");
  });

  test("say whether their blobs are here", async () => {
    network.hub.disconnect(a.id, b.id);
    const keys = Array.from({ length: 8 }, (_, index) => `file ${index}`);
    for (const key of keys) await a.node.store(key, `text of ${key}`, { copies: 1, wait: "local" });
    await a.node.store("empty", "", { copies: 1, wait: "local" });
    await network.connect(a, b);
    const isHere = async ({ node }: TestNode, key: string) => (await node.versions(key)).items[0]?.isHere;
    const placedAtB = new Map<string, boolean>();
    for (const key of keys) {
      const { version } = await a.node.stat(key);
      const entry = (await a.disk.entries.get(version))?.entry as Entry;
      placedAtB.set(key, a.parts.placement.shouldHold(b.id, entry.body));
      await until(`b holds ${key} as placed`, async () => (await isHere(b, key)) === placedAtB.get(key));
      expect(await isHere(a, key)).toBe(true);
    }
    expect(new Set(placedAtB.values()).size).toBe(2);
    expect(await isHere(b, "empty")).toBe(true);
  });

  test("of an author who was not allowed to write them any more are quarantined", async () => {
    const writer = await network.node("w", { role: "writer" });
    await network.connect(b, writer);
    await network.connect(a, writer);
    await a.node.store("file", "text");
    await until("w knows it", async () => writer.disk.entries.count() === 1);
    for (const node of [b, writer]) network.hub.disconnect(a.id, node.id);
    const { version } = await writer.node.store("file", "by w", { wait: "local" });
    await until("b knows it", async () => b.disk.entries.count() === 2);
    expect(await statesOf(b, "file")).toEqual(["put current", "put superseded"]);
    await a.node.removeMember("w");
    await network.connect(a, b);
    await until("b has judged anew", async () => (await statesOf(b, "file"))[0] === "put quarantined");
    expect(await statesOf(b, "file")).toEqual(["put quarantined", "put current"]);
    expect(await read(b, "file", {})).toBe("text");
    expect(await read(b, "file", { version })).toBe("by w");
  });

  test("that open for nobody are listed as such, and hide nothing", async () => {
    const raw = await RawMember.join(network, "raw");
    await network.hub.connect(raw.id, a.id);
    await until("a knows it", () => a.parts.members.get(raw.id) !== undefined);
    await a.node.store("file", "text");
    const keyId = a.parts.spaces.named("main").keys.keyIdOf("file");
    const timeMs = network.clock.now() + 1000;
    const broken = raw.author.next({ keyId, timeMs, content: null, storedBytes: 0 });
    expect(await raw.announce(a.id, [broken])).toEqual(["held"]);
    expect(await statesOf(a, "file")).toEqual(["put unreadable", "put current"]);
    expect(await codeOf(a.node.get("file", { version: broken.id }))).toBe("SEAL_BROKEN");
    expect((await a.node.conflicts("")).items).toEqual([]);
  });
});

describe("a version", () => {
  test("is read by its id or the beginning of it, on every node, also of a removed key", async () => {
    const { version: first } = await a.node.store("file", "one", { contentType: "text/plain" });
    const { version: second } = await b.node.store("file", "second");
    const { version: removal } = await a.node.remove("file");
    await until("b knows it", async () => (await b.node.versions("file")).items.length === 3);
    for (const node of [a, b]) {
      expect(await read(node, "file", { version: first })).toBe("one");
      expect(await read(node, "file", { version: second.slice(0, 12) })).toBe("second");
      expect(await node.node.stat("file", { version: first.slice(0, 12) })).toMatchObject({
        ...{ key: "file", version: first, size: 3, contentType: "text/plain" },
        author: { name: "a" },
      });
      const part = await node.node.get("file", { version: second, range: { suffix: 3 } });
      expect((await bytesOf(part.stream)).toString()).toBe("ond");
      expect(await codeOf(node.node.get("file", { version: removal }))).toBe("KEY_NOT_FOUND");
    }
  });

  test("that the key does not have is not found, or may be with who can't be asked", async () => {
    const { version } = await a.node.store("file", "text");
    const { version: elsewhere } = await a.node.store("other", "x");
    expect(await codeOf(a.node.get("file", { version: elsewhere }))).toBe("VERSION_NOT_FOUND");
    expect(await codeOf(a.node.stat("nothing", { version }))).toBe("VERSION_NOT_FOUND");
    for (const text of ["", "1e20", "1e20abc", "abcdef0123", `${version}0`, "1e20ABCDEF", "1e20....."])
      expect([text, await codeOf(a.node.get("file", { version: text }))]).toEqual([text, "INVALID_ARGUMENT"]);
    network.hub.disconnect(a.id, b.id);
    expect(await codeOf(a.node.get("file", { version: elsewhere }))).toBe("NO_HOLDER_REACHABLE");
  });

  test("is ambiguous by a beginning that another version of the key has too, and not of another key", async () => {
    const alone = new TestNetwork("alone");
    const { node } = await alone.node("alone");
    const beginnings = new Map<string, EntryId>();
    let twice: string | undefined;
    for (let count = 0; twice === undefined; count++) {
      const { version } = await node.store(`file ${count % 2}`, `${count}`);
      const beginning = version.slice(0, 8);
      const other = beginnings.get(beginning);
      beginnings.set(beginning, version);
      if (other === undefined) continue;
      const keys = await Promise.all(
        [other, version].map(async (id) => {
          const found = ["file 0", "file 1"].map((key) => codeOf(node.stat(key, { version: id })));
          return (await Promise.all(found)).indexOf("nothing");
        }),
      );
      if (keys[0] === keys[1]) twice = beginning;
      else expect((await node.stat(`file ${keys[0]}`, { version: beginning })).version).toBe(other);
    }
    const codes = ["file 0", "file 1"].map((key) => codeOf(node.get(key, { version: twice as string })));
    expect(await Promise.all(codes)).toContain("VERSION_AMBIGUOUS");
    expect(await Promise.all(codes)).toContain("VERSION_NOT_FOUND");
    await alone.stop();
  }, 120_000);

  test("that was current at a time is read by the time", async () => {
    const times: number[] = [];
    const tick = () => {
      times.push(network.clock.now());
      network.clock.advance(MINUTE_MS);
    };
    tick();
    for (const text of ["one", "two"]) {
      await a.node.store("file", text);
      tick();
    }
    await b.node.remove("file");
    // Told before the clock goes on: an announcement that takes a minute has failed, and is tried again later.
    await until("a knows of the removal", () => a.disk.entries.count() === 3);
    tick();
    // The removal may have been on its way when a minute passed: what is announced then waits for a second.
    await withinClock(network.clock, b.node.store("file", "four"), { maxMs: 10_000 });
    const at = async (atMs: number) => await read(b, "file", { atMs });
    const [before = 0, one = 0, two = 0, removed = 0] = times;
    expect(await codeOf(b.node.get("file", { atMs: before - MINUTE_MS }))).toBe("KEY_NOT_FOUND");
    expect(await at(one)).toBe("one");
    expect(await at(two - 1)).toBe("one");
    expect(await at(two)).toBe("two");
    expect(await codeOf(b.node.get("file", { atMs: removed }))).toBe("KEY_NOT_FOUND");
    expect(await at(network.clock.now())).toBe("four");
    expect((await b.node.stat("file", { atMs: two })).size).toBe(3);
    expect(await codeOf(b.node.get("nothing", { atMs: two }))).toBe("KEY_NOT_FOUND");
    expect(await codeOf(b.node.get("file", { atMs: -1 }))).toBe("INVALID_ARGUMENT");
    const { version } = await b.node.stat("file");
    expect(await codeOf(b.node.get("file", { atMs: two, version }))).toBe("INVALID_ARGUMENT");
  });
});

test("a reader lists and reads versions, a vault none", async () => {
  const { version } = await a.node.store("file", "one", { wait: "all" });
  await a.node.store("file", "two", { wait: "all" });
  const reader = await network.node("reader", { role: "reader" });
  await network.connect(a, reader);
  expect(await statesOf(reader, "file")).toEqual(["put current", "put superseded"]);
  expect(await read(reader, "file", { version })).toBe("one");
  const vault = await network.node("vault", { role: "vault" });
  await network.connect(a, vault);
  expect(await codeOf(vault.node.versions("file"))).toBe("KEY_MISSING");
  expect(await codeOf(vault.node.get("file", { version }))).toBe("KEY_MISSING");
});
