import { type Entry, encodeCbor, type PeerId, spaceIdFromBytes } from "@gstore/core";
import { encodeHeld, encodeSyncEntries, encodeSyncEntriesAnswer } from "@gstore/p2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RawMember } from "../support/raw-member.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let hostile: RawMember;

beforeEach(async () => {
  network = new TestNetwork();
  [a, b] = (await network.mesh("a", "b")) as [TestNode, TestNode];
  hostile = await RawMember.join(network, "hostile");
  await network.hub.connect(hostile.id, a.id);
  await network.hub.connect(hostile.id, b.id);
  await until("both know it", () => [a, b].every(({ parts }) => parts.members.get(hostile.id) !== undefined));
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

/** Whatever was tried: nothing of it is here, and the two honest nodes go on. */
async function expectUnharmed(entriesOnA = 0): Promise<void> {
  expect(a.disk.entries.count()).toBe(entriesOnA);
  const content = randomBytes(300_000, "honest");
  for (const [index, [from, to]] of [[a, b] as const, [b, a] as const].entries()) {
    const stored = from.node.store(`honest ${index}`, content, { copies: 8 });
    expect((await withinClock(network.clock, stored, { maxMs: 5000 })).value.size).toBe(content.length);
    await until(
      "the other one has it",
      async () => (await codeOf(to.node.stat(`honest ${index}`))) === "nothing",
    );
    expect(
      (await withinClock(network.clock, readAll(to.node, `honest ${index}`), { maxMs: 20_000 })).value.equals(
        content,
      ),
    ).toBe(true);
  }
}

function forged(entry: Entry): Uint8Array {
  const bytes = Uint8Array.from(entry.bytes);
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  return bytes;
}

/** Entries that nobody may take, whether they are announced or given when somebody syncs. */
const refusedEntries: Record<string, () => Promise<(Entry | Uint8Array)[]>> = {
  "with a forged signature": async () => [forged(hostile.author.next())],
  "of somebody who is no member": async () => [
    new RawMember(network, network.identity("stranger")).author.next(),
  ],
  "of a member who may only read": async () => {
    const reader = await RawMember.join(network, "reader", "reader");
    await network.hub.connect(reader.id, a.id);
    await until("a knows it", () => a.parts.members.get(reader.id) !== undefined);
    return [reader.author.next()];
  },
  "behind a gap": async () => {
    hostile.author.next();
    return [hostile.author.next()];
  },
  "that are none": async () => [randomBytes(500), new Uint8Array(0)],
};

describe("entries that nobody may take", () => {
  test.each(Object.entries(refusedEntries))(
    "%s: are refused when they are announced",
    async (_what, make) => {
      const entries = await make();
      const outcomes = await hostile.announce(a.id, entries);
      expect(outcomes).toEqual(entries.map(() => "refused"));
      await expectUnharmed();
    },
  );

  test.each(Object.entries(refusedEntries))("%s: are refused when a node syncs", async (_what, make) => {
    hostile.offer(await make());
    network.hub.disconnect(hostile.id, a.id);
    await network.hub.connect(hostile.id, a.id);
    await until("a has asked", () => hostile.asked.includes("syncEntries"));
    await turns(20);
    await expectUnharmed();
  });
});

describe("an author who tells each node something else", () => {
  test("is believed by each what it heard first, and the two go on replicating", async () => {
    const fork = hostile.author.fork({ key: "other" });
    const first = hostile.author.next({ key: "one" });
    expect(await hostile.announce(a.id, [first])).toEqual(["held"]);
    expect(await hostile.announce(b.id, [fork])).toEqual(["held"]);
    expect(await hostile.announce(a.id, [fork])).toEqual(["refused"]);
    // What follows on the one is refused by the other, which hears of it from an honest node.
    expect(await hostile.announce(a.id, [hostile.author.next()])).toEqual(["held"]);
    network.clock.advance(1000);
    await turns(50);
    expect(b.disk.entries.count()).toBe(1);
    await expectUnharmed(2);
  });

  test("does not keep two honest nodes from syncing what they have of others", async () => {
    const fork = hostile.author.fork({ key: "other" });
    await hostile.announce(b.id, [fork]);
    network.hub.disconnect(a.id, b.id);
    const many = Array.from({ length: 1100 }, () => hostile.author.next());
    for (let at = 0; at < many.length; at += 500) await hostile.announce(a.id, many.slice(at, at + 500));
    await a.node.store("honest", "text", { wait: "local" });
    await network.connect(a, b);
    await until("b has a's key", async () => (await codeOf(b.node.stat("honest"))) === "nothing");
    expect(b.disk.entries.count()).toBe(2);
  });
});

describe("a member who answers a sync", () => {
  async function syncWith(): Promise<void> {
    network.hub.disconnect(hostile.id, a.id);
    hostile.asked.length = 0;
    await network.hub.connect(hostile.id, a.id);
    await until("a has asked", () => hostile.asked.includes("syncEntries"));
    await turns(30);
  }

  test("with more and more that is nothing new is not asked for ever", async () => {
    hostile.offer([], { more: true });
    await syncWith();
    hostile.offer([forged(hostile.author.fork())], { more: true });
    await syncWith();
    expect(hostile.asked.filter((type) => type === "syncEntries").length).toBeLessThan(5);
    await expectUnharmed();
  });

  test("with bytes that are no answer harms nobody", async () => {
    for (const answer of [
      randomBytes(100),
      new Uint8Array(0),
      encodeCbor([1, 3]),
      encodeCbor([2, 3, [], false, []]),
    ]) {
      hostile.answers.set("syncEntries", () => answer);
      await syncWith();
    }
    hostile.answers.set("syncMembers", () => randomBytes(1000));
    network.hub.disconnect(hostile.id, a.id);
    await network.hub.connect(hostile.id, a.id);
    await turns(30);
    await expectUnharmed();
  });

  test("with a claim to know later entries of the asking node itself does not make it number anew", async () => {
    await a.node.store("file", "text");
    const before = a.parts.author.incarnation;
    const claim = (author: PeerId) =>
      encodeSyncEntriesAnswer({
        entries: [],
        more: false,
        vector: [{ author, incarnation: before, seq: 1_000_000 }],
      });
    hostile.answers.set("syncEntries", (_message, from) => claim(from));
    await syncWith();
    expect(a.parts.author.incarnation).toBe(before);
    await expectUnharmed(1);
  });
});

describe("a member who writes what can't be read", () => {
  test("hides no key: the version that can be opened is shown", async () => {
    await a.node.store("file", "text");
    const [head] = await a.disk.entries.heads(
      a.parts.spaces.named("main").id,
      a.parts.spaces.named("main").keys.keyIdOf("file"),
    );
    const keyId = a.parts.spaces.named("main").keys.keyIdOf("file");
    const later = { keyId, timeMs: network.clock.now() + 60_000 };
    await hostile.announce(a.id, [hostile.author.next(later)]);
    expect((await readAll(a.node, "file")).toString()).toBe("text");
    expect((await a.node.stat("file")).version).toBe(head?.entry.id);
    await a.node.store("file", "again");
    expect((await readAll(b.node, "file")).toString()).toBe("again");
  });

  test("makes a key have at most one head for each of its numberings", async () => {
    const keyId = a.parts.spaces.named("main").keys.keyIdOf("file");
    for (let index = 0; index < 20; index++) await hostile.announce(a.id, [hostile.author.fork({ keyId })]);
    const chain = hostile.incarnation(9);
    expect(
      await hostile.announce(a.id, [chain.next({ keyId }), chain.next({ keyId }), chain.next({ keyId })]),
    ).toEqual(["held", "refused", "refused"]);
    expect(await a.disk.entries.heads(a.parts.spaces.named("main").id, keyId)).toHaveLength(2);
  });

  test("far in the future moves nobody's clock", async () => {
    await hostile.announce(a.id, [hostile.author.next({ timeMs: network.clock.now() + 365 * 86_400_000 })]);
    await a.node.store("file", "text");
    expect((await a.node.stat("file")).storedMs).toBe(network.clock.now());
  });
});

test("a member who claims to hold ten thousand versions takes no knowledge from a put that waits", async () => {
  network.hub.link(a.id, b.id).stall();
  const put = a.node.store("file", "text", { copies: 4, wait: "all", waitTimeoutMs: 1000 });
  await until("it is stored here", () => a.disk.entries.count() === 1);
  const [entry] = await a.disk.entries.since(0, 1);
  await hostile.network.request(a.id, "entries", encodeHeld([(entry as NonNullable<typeof entry>).entry.id]));
  for (let round = 0; round < 12; round++) {
    const versions = Array.from({ length: 1000 }, (_, index) => randomDigest(round * 1000 + index));
    await hostile.network.request(a.id, "entries", encodeHeld(versions));
  }
  const failure = await withinClock(
    network.clock,
    put.catch((error: unknown) => error),
    { maxMs: 2000 },
  );
  expect(failure.value).toMatchObject({ code: "COPIES_NOT_REACHED", fields: { copies: 2 } });
});

test("a member that may not hold a space is no copy of what is put there, whatever it claims", async () => {
  const limited = await RawMember.join(network, "limited", "writer", [
    spaceIdFromBytes(new Uint8Array(16).fill(7)),
  ]);
  await network.hub.connect(a.id, limited.id);
  await until("the limited member is known", () => a.parts.members.get(limited.id) !== undefined);
  network.hub.link(a.id, b.id).stall();
  const put = a.node.store("file", "text", { copies: 2, wait: "all", waitTimeoutMs: 1000 });
  put.catch(() => {});
  await until("it is stored here", () => a.disk.entries.count() === 1);
  const [record] = await a.disk.entries.since(0, 1);
  await limited.network.request(
    a.id,
    "entries",
    encodeHeld([(record as NonNullable<typeof record>).entry.id]),
  );
  const failure = await withinClock(
    network.clock,
    put.catch((error: unknown) => error),
    { maxMs: 2000 },
  );
  expect(failure.value).toMatchObject({ code: "COPIES_NOT_REACHED", fields: { copies: 1 } });
});

test("a vector that is too long, or made of too many things, is refused", async () => {
  const { id: author, self } = hostile;
  const vector = Array.from({ length: 4097 }, (_, seq) => ({
    author,
    incarnation: self.incarnation,
    seq: seq + 1,
  }));
  const ask = (message: Uint8Array) => codeOf(hostile.network.request(a.id, "entries", message));
  expect(await ask(encodeSyncEntries(vector))).toBe("INVALID_FORMAT");
  expect(await ask(encodeCbor([1, 3, Array<number>(100_000).fill(0)]))).toBe("TOO_LARGE");
  expect(await ask(encodeCbor([1, 99]))).toBe("UNSUPPORTED_VERSION");
  expect(await ask(randomBytes(1000))).toBe("INVALID_FORMAT");
  await expectUnharmed();
});

function randomDigest(number: number): Parameters<typeof encodeHeld>[0][number] {
  return `1e20${number.toString(16).padStart(64, "0")}` as Parameters<typeof encodeHeld>[0][number];
}
