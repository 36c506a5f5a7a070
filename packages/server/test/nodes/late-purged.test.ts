import { digestOf, type Entry, strippedEntry } from "@gstore/core";
import { encodeGiveEntriesAnswer } from "@gstore/p2p";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RawMember } from "../support/raw-member.ts";
import { randomBytes, TestNetwork, type TestNode } from "../support/test-network.ts";
import { turns, until } from "../support/waiting.ts";

const BLOB = randomBytes(5000, "blob");
let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let raw: RawMember;
let version: Entry;
/** What was sealed in entries that came to b's store. */
let stored: boolean[];

beforeEach(async () => {
  network = new TestNetwork();
  [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
  raw = await RawMember.join(network, "raw");
  for (const { id } of [a, b]) await network.hub.connect(raw.id, id);
  await until("it is known", () => [a, b].every(({ parts }) => parts.members.get(raw.id) !== undefined));
  const [space] = a.parts.spaces.all();
  version = raw.author.next({
    keyId: space?.keys.keyIdOf("file") as Entry["body"]["keyId"],
    content: { level: 0, digest: digestOf(BLOB), size: BLOB.length },
  });
  stored = [];
  const note = (entries: readonly Entry[]): void => {
    for (const { id, body } of entries) if (id === version.id) stored.push(body.sealed !== null);
  };
  const { entries } = b.disk;
  const [append, unstrip] = [entries.append.bind(entries), entries.unstrip.bind(entries)];
  entries.append = async (given, options) => {
    note(given);
    await append(given, options);
  };
  entries.unstrip = async (given) => {
    note(given);
    await unstrip(given);
  };
});
afterEach(async () => {
  await network.stop();
});

/** What `b` says of a purge by `a`, which knows the version. */
async function purgedAtB(): Promise<string | undefined> {
  await raw.announce(a.id, [version]);
  const purge = a.node.purge("file", { timeoutMs: 1000 });
  let isDone = false;
  const done = purge.finally(() => {
    isDone = true;
  });
  for (; !isDone; await turns(5)) network.clock.advance(50);
  return (await done).members.find(({ peer }) => peer === b.id)?.state;
}

test("a version that comes whole after a receipt of its purge is never stored whole, and its blobs are not kept", async () => {
  expect(await purgedAtB()).toBe("destroyed");
  expect(await raw.announce(b.id, [version], { hold: [0], blobs: [BLOB] })).toEqual(["refused"]);
  const record = await b.disk.entries.get(version.id);
  expect(record).toMatchObject({ expired: true, complete: false, entry: { body: { sealed: null } } });
  expect(stored).not.toContain(true);
  expect(stored).toContain(false);
  await until("what came along is collected", async () => {
    network.clock.advance(5000);
    return (await b.disk.blobs.missing([digestOf(BLOB)])).length === 1;
  });
});

test("metadata that comes after a receipt for a version that was taken stripped stays away", async () => {
  let answer: (entries: Uint8Array[]) => void = () => {};
  const asked = new Promise<Uint8Array[]>((resolve) => {
    answer = resolve;
  });
  raw.answers.set("giveEntries", async () => encodeGiveEntriesAnswer(await asked));
  await raw.announce(b.id, [strippedEntry(version) as Entry]);
  await until("it asks", () => raw.asked.includes("giveEntries"));
  expect(await purgedAtB()).toBe("destroyed");
  answer([version.bytes]);
  await turns(50);
  expect(stored).toEqual([false]);
  expect((await b.disk.entries.get(version.id))?.entry.body.sealed).toBeNull();
});

test("no receipt is given while a version is being stored that was looked at before the purge came", async () => {
  // Authors' first entries wait for all that is being stored anyway.
  await a.node.store("other", BLOB, { wait: "local" });
  await until("the other knows it", () => b.disk.entries.count() === 1);
  const { entries } = b.disk;
  const append = entries.append.bind(entries);
  let release: () => void = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  entries.append = async (given, options) => {
    if (given.some(({ id }) => id === version.id)) await released;
    await append(given, options);
  };
  const coming = raw.announce(b.id, [version]);
  await turns(20);
  expect(await purgedAtB()).toBe("pending");
  release();
  await coming;
  expect(await purgedAtB()).toBe("destroyed");
  expect((await entries.get(version.id))?.entry.body.sealed).toBeNull();
});
