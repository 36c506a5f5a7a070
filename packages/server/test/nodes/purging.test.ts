import { decodeEntry, type Entry, type EntryId, strippedEntry } from "@gstore/core";
import {
  decodeGiveEntriesAnswer,
  decodeSyncEntriesAnswer,
  encodeGiveEntriesAnswer,
  encodePurgedAnswer,
  encodeSyncEntriesAnswer,
  messageType,
} from "@gstore/p2p";
import { afterEach, beforeEach, expect, test } from "vitest";
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

const content = (name: string): Buffer => randomBytes(FILE, name);
const entriesAre = (count: number, ...nodes: TestNode[]): Promise<void> =>
  until("they know all", () => nodes.every(({ disk }) => disk.entries.count() === count));
const sealedAt = async ({ disk }: TestNode, id: EntryId): Promise<Uint8Array | null | undefined> =>
  (await disk.entries.get(id))?.entry.body.sealed;
const versionsOf = async ({ node }: TestNode, key: string): Promise<[string, string][]> =>
  (await node.versions(key)).items.map(({ version, state }) => [version, state]);

async function apart(one: TestNode): Promise<void> {
  for (const other of [a, b, c]) if (other !== one) network.hub.disconnect(one.id, other.id);
  await turns(10);
}

async function together(one: TestNode): Promise<void> {
  for (const other of [a, b, c]) if (other !== one) await network.connect(one, other);
}

/** Runs while the clock goes on: waiting for members ends. */
async function withTime<T>(work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  done.catch(() => {});
  while (!isDone) {
    network.clock.advance(200);
    await turns(5);
  }
  return await done;
}

const states = (report: Awaited<ReturnType<TestNode["node"]["purge"]>>): Record<string, string> =>
  Object.fromEntries(report.members.map(({ name, state }) => [name, state]));

test("a purge destroys the metadata of all that a key held on every node, and each signs for that", async () => {
  const { version: first } = await a.node.store("file", content("first"), { wait: "all" });
  const { version: second } = await b.node.store("file", content("second"), { wait: "all" });
  const { version: other } = await b.node.store("other", content("other"), { wait: "all" });
  await entriesAre(3, a, b, c);
  const report = await withTime(c.node.purge("file"));
  expect(report).toMatchObject({ key: "file", versions: 2, oldVersions: 0 });
  expect(states(report)).toEqual({ a: "destroyed", b: "destroyed", c: "destroyed" });
  for (const one of [a, b, c]) {
    for (const id of [first, second]) {
      expect(await sealedAt(one, id)).toBeNull();
      expect(await codeOf(one.node.get("file", { version: id }))).toBe("VERSION_PURGED");
      expect(await codeOf(one.node.restore("file", id))).toBe("VERSION_PURGED");
    }
    expect(await sealedAt(one, other)).not.toBeNull();
    expect(await codeOf(one.node.get("file"))).toBe("KEY_NOT_FOUND");
    expect(await versionsOf(one, "file")).toEqual([
      [report.version, "current"],
      [second, "purged"],
      [first, "purged"],
    ]);
  }
  // Nobody writes it again; a file may follow, which the purge has not seen.
  expect((await withTime(a.node.purge("file"))).version).toBe(report.version);
  await a.node.store("file", content("again"), { wait: "all" });
  await entriesAre(5, a, b, c);
  for (const one of [a, b, c]) expect((await readAll(one.node, "file")).equals(content("again"))).toBe(true);
  // Who joins later gets what is left, with nothing to ask for.
  const d = await network.node("d");
  await network.connect(a, d);
  await until("it knows all", () => d.disk.entries.count() === 5);
  await until("nothing is to be looked at", async () => (await d.disk.entries.erasing(0, 9)).length === 0);
  expect(await codeOf(d.node.get("file", { version: first }))).toBe("VERSION_PURGED");
});

test("a purge reaches who was away; what that wrote without having seen it stays", async () => {
  const { version: seen } = await a.node.store("file", content("seen"), { wait: "all" });
  await a.node.remove("file");
  await entriesAre(2, a, b, c);
  await apart(c);
  const { version: unseen } = await c.node.store("file", content("unseen"));
  const report = await withTime(a.node.purge("file", { timeoutMs: 3000 }));
  expect(states(report)).toEqual({ a: "destroyed", b: "destroyed", c: "away" });
  expect(await sealedAt(c, seen)).not.toBeNull();
  await together(c);
  await entriesAre(4, a, b, c);
  for (const one of [a, b, c]) {
    await until("what was seen is purged", async () => (await sealedAt(one, seen)) === null);
    expect(await sealedAt(one, unseen)).not.toBeNull();
    expect((await readAll(one.node, "file")).equals(content("unseen"))).toBe(true);
  }
  expect(await codeOf(a.node.purge("never"))).toBe("KEY_NOT_FOUND");
});

test("a reader can purge nothing", async () => {
  await a.node.store("file", content("file"), { wait: "all" });
  const reader = await network.node("reader", { role: "reader" });
  await network.connect(a, reader);
  expect(await codeOf(reader.node.purge("file"))).toBe("REQUEST_REFUSED");
});

test("a peer that strips what nobody purged makes nothing unreadable for good", async () => {
  const { version } = await a.node.store("file", content("file"), { wait: "all" });
  const withoutMetadata = (bytes: Uint8Array): Uint8Array =>
    (strippedEntry(decodeEntry(bytes)) as Entry).bytes;
  const liar = await network.node("liar", {
    wrap: (handlers) => ({
      ...handlers,
      request: async (...request) => {
        const answer = await handlers.request(...request);
        const [, , message] = request;
        const type = messageType(message);
        if (type === "giveEntries")
          return encodeGiveEntriesAnswer(decodeGiveEntriesAnswer(answer).map(withoutMetadata));
        if (type !== "syncEntries") return answer;
        const { entries, ...rest } = decodeSyncEntriesAnswer(answer);
        return encodeSyncEntriesAnswer({ ...rest, entries: entries.map(withoutMetadata) });
      },
    }),
  });
  await network.connect(a, liar);
  await until("the liar has it", () => liar.disk.entries.count() === 1);
  const d = await network.node("d");
  await network.connect(liar, d);
  await until("it has the entry", () => d.disk.entries.count() === 1);
  expect(await sealedAt(d, version)).toBeNull();
  expect(await codeOf(d.node.get("file", { version }))).toBe("METADATA_MISSING");
  expect(await versionsOf(d, "file")).toEqual([[version, "unreadable"]]);
  await network.connect(a, d);
  await until("it is whole", async () => (await sealedAt(d, version)) !== null);
  await until("it is shown", async () => (await d.node.list("")).items.length === 1);
  expect((await readAll(d.node, "file")).equals(content("file"))).toBe(true);
  await until("nothing is to be looked at", async () => (await d.disk.entries.erasing(0, 9)).length === 0);
});

test("who has not destroyed all, or signs for nothing, is no member that has", async () => {
  // A member that was never there.
  const { identity, records } = network.identity("d");
  await a.parts.members.add(records);
  const d = identity.peerId;
  const forger: TestNode = await network.node("forger", {
    wrap: (handlers) => ({
      ...handlers,
      request: async (...request) =>
        messageType(request[2]) === "purged"
          ? encodePurgedAnswer(
              [forger.id, d].map((member) => ({ member, signature: new Uint8Array(64).fill(7) })),
            )
          : await handlers.request(...request),
    }),
  });
  await network.connect(a, forger);
  const { version } = await a.node.store("file", content("file"), { wait: "all" });
  let isFree = false;
  // As while a damaged pack can't be given up.
  b.disk.entries.destroyStripped = async () => isFree;
  const report = await withTime(a.node.purge("file", { timeoutMs: 3000 }));
  expect(states(report)).toEqual({
    a: "destroyed",
    b: "pending",
    c: "destroyed",
    forger: "pending",
    d: "away",
  });
  expect(await sealedAt(b, version)).toBeNull();
  expect(await b.disk.entries.erasing(0, 9)).toHaveLength(1);
  isFree = true;
  const again = await withTime(a.node.purge("file", { timeoutMs: 3000 }));
  expect(states(again)).toEqual({
    a: "destroyed",
    b: "destroyed",
    c: "destroyed",
    forger: "pending",
    d: "away",
  });
  expect(await b.disk.entries.erasing(0, 9)).toEqual([]);
});

test("who is connected through others alone signs through them", async () => {
  const { version } = await a.node.store("file", content("file"), { wait: "all" });
  const d = await network.node("d");
  await network.connect(c, d);
  await until("it has the entry", () => d.disk.entries.count() === 1);
  await until("it is known", () => a.parts.members.get(d.id) !== undefined);
  // a - b - c - d
  for (const [one, other] of [
    [a, c],
    [b, d],
    [a, d],
  ] as const)
    network.hub.disconnect(one.id, other.id);
  await turns(20);
  const report = await withTime(a.node.purge("file"));
  expect(states(report)).toEqual({ a: "destroyed", b: "destroyed", c: "destroyed", d: "destroyed" });
  for (const one of [a, b, c, d]) expect(await sealedAt(one, version)).toBeNull();
});
