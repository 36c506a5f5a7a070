import type { Entry, MembershipRecord } from "@gstore/core";
import { issueRecord } from "@gstore/crypto";
import { decodeSyncEntries, encodeSyncEntriesAnswer } from "@gstore/p2p";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { RawMember } from "../support/raw-member.ts";
import type { Said } from "../support/test-author.ts";
import { TestNetwork, type TestNode } from "../support/test-network.ts";
import { turns, until } from "../support/waiting.ts";

/** Entries that a page of the hostile peer holds. */
const PAGE = 7;
const WRITTEN = 40;

let network: TestNetwork;
let node: TestNode;
/** Removed; what it wrote counts up to its last entry. */
let mallory: RawMember;
/** Still in, and delivers what mallory likes. */
let friend: RawMember;
let written: Entry[];

beforeEach(async () => {
  network = new TestNetwork();
  node = await network.node("node");
  mallory = await RawMember.join(network, "mallory");
  friend = await RawMember.join(network, "friend");
  written = Array.from({ length: WRITTEN }, (_, index) => mallory.author.next(says(index)));
  await node.parts.members.add([...mallory.self.records, removal()]);
  await network.hub.connect(friend.id, node.id);
  await until("the friend is known", () => node.parts.members.get(friend.id) !== undefined);
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

const says = (index: number): Said => ({ key: `key ${index}` });

function removal(): MembershipRecord {
  const { root } = network.log;
  const last = written.at(-1) as Entry;
  const { incarnation } = mallory.self;
  return issueRecord({
    ...{ signer: root, networkId: root.networkId, timeMs: 0 },
    parents: mallory.self.certificate.slice(0, 1).map(({ id }) => id),
    operation: {
      op: "remove",
      member: mallory.id,
      cut: [{ incarnation, seq: last.body.seq, entry: last.id }],
    },
  });
}

/** Answers syncs with this history, a page at a time. */
function serve(history: readonly Entry[]): void {
  const author = mallory.id;
  const { incarnation } = mallory.self;
  friend.answers.set("syncEntries", (message) => {
    const known = decodeSyncEntries(message).find((last) => last.author === author)?.seq ?? 0;
    const left = history.filter(({ body }) => body.seq > known);
    return encodeSyncEntriesAnswer({
      entries: left.slice(0, PAGE).map(({ bytes }) => bytes),
      more: left.length > PAGE,
      vector: [{ author, incarnation, seq: history.at(-1)?.body.seq ?? 1 }],
    });
  });
}

async function sync(): Promise<void> {
  await node.parts.replication.sync.pull(friend.id);
}

/** What mallory could have written in place of an entry, and behind that. */
function forkedAt(seq: number): Entry[] {
  const forked = written.slice(0, seq - 1);
  for (let at = seq; at <= WRITTEN; at++) {
    const prev = forked.at(-1)?.id ?? null;
    forked.push(mallory.author.signed({ seq: at, prev }, { key: `forged ${at}` }));
  }
  return forked;
}

const known = async () => (await node.disk.entries.since(0, 1000)).map(({ entry }) => entry.id);
const ids = (entries: readonly Entry[]) => entries.map(({ id }) => id);

describe("what a removed member wrote", () => {
  test("is taken as it was, over any number of pages", async () => {
    serve(written);
    await sync();
    expect(await known()).toEqual(ids(written));
  });

  test.each([1, 2, 3, PAGE, PAGE + 1, WRITTEN - 1, WRITTEN])(
    "is not taken from who has another history from entry %i on, and then is from who has it as it was",
    async (seq) => {
      serve(forkedAt(seq));
      await sync();
      expect(await known()).toEqual([]);
      serve(written);
      await sync();
      expect(await known()).toEqual(ids(written));
    },
  );

  test("is not taken with its last entry behind another history", async () => {
    for (const seq of [2, PAGE + 1, WRITTEN - 1]) {
      serve([...forkedAt(seq).slice(0, -1), ...written.slice(-1)]);
      await sync();
      expect(await known()).toEqual([]);
    }
  });

  test("is not taken in part", async () => {
    for (const count of [1, PAGE, WRITTEN - 1]) {
      serve(written.slice(0, count));
      await sync();
      const announced = await friend.announce(node.id, written.slice(0, count));
      expect(new Set(announced)).toEqual(new Set(["refused"]));
      expect(await known()).toEqual([]);
    }
  });

  test("is taken where it is announced with all that it leads to", async () => {
    serve([]);
    expect(await friend.announce(node.id, written)).toEqual(written.map(() => "held"));
    expect(await known()).toEqual(ids(written));
  });

  test("goes on from what was here before the removal was heard of", async () => {
    const other = await network.node("other");
    await other.parts.members.add(mallory.self.records);
    await network.hub.connect(friend.id, other.id);
    await until("the friend is known", () => other.parts.members.get(friend.id) !== undefined);
    expect(await friend.announce(other.id, written.slice(0, 10))).toEqual(Array(10).fill("held"));
    await other.parts.members.add([removal()]);
    serve(forkedAt(11));
    await other.parts.replication.sync.pull(friend.id);
    expect(other.disk.entries.count()).toBe(10);
    serve(written);
    await other.parts.replication.sync.pull(friend.id);
    expect(other.disk.entries.count()).toBe(WRITTEN);
  });

  test("keeps nobody else's entries out, and a peer that shows nothing is not asked for ever", async () => {
    const own = friend.author.next({ key: "the friend's" });
    const [forged] = forkedAt(1) as [Entry];
    const vector = [friend.id, mallory.id].map((author) => {
      return {
        author,
        incarnation: author === mallory.id ? mallory.self.incarnation : own.body.dot.incarnation,
        seq: 1,
      };
    });
    let asked = 0;
    friend.answers.set("syncEntries", (message) => {
      asked++;
      const isKnown = decodeSyncEntries(message).some(({ author }) => author === friend.id);
      const entries = [...(isKnown ? [] : [own.bytes]), forged.bytes];
      return encodeSyncEntriesAnswer({ entries, more: true, vector });
    });
    await sync();
    await turns(10);
    expect(await known()).toEqual([own.id]);
    expect(asked).toBeLessThan(8);
  });
});
