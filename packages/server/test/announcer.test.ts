import { type Entry, GstoreError, incarnationFromBytes, type PeerId } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { decodeStoreFile, encodeStoreFileAnswer } from "@gstore/p2p";
import { ManualClock, SeededRandom } from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { silentLogger } from "../src/logger.ts";
import { Announcer } from "../src/replication/announcer.ts";
import { TestAuthor } from "./support/test-author.ts";
import { TestLog } from "./support/test-log.ts";
import { turns, until } from "./support/waiting.ts";

const random = new SeededRandom("announcer");
const log = new TestLog(random);
const identity = generateIdentity(random);
const head = log.certificateOf(identity, log.admit(identity, "writer", "writer"))[0]?.id;
const peer = "peer" as PeerId;

function setUp() {
  const clock = new ManualClock();
  const incarnation = incarnationFromBytes(new Uint8Array(8));
  const author = new TestAuthor({ identity, incarnation, space: log.space.id, head: head as Entry["id"] });
  const other = new TestAuthor({
    ...{ identity, space: log.space.id, head: head as Entry["id"] },
    incarnation: incarnationFromBytes(new Uint8Array(8).fill(1)),
  });
  /** Messages that came, as the numbers of entries in them, and how each is answered. */
  const messages: { count: number; answer: () => void; fail: () => void }[] = [];
  const held: string[] = [];
  const request = (_peer: PeerId, _purpose: string, message: Uint8Array): Promise<Uint8Array> => {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const count = decodeStoreFile(message).entries.length;
    messages.push({
      count,
      answer: () => resolve(encodeStoreFileAnswer(Array.from({ length: count }, () => "held" as const))),
      fail: () => reject(new GstoreError("CONNECTION_LOST", "gone")),
    });
    return promise;
  };
  const announcer = new Announcer({
    ...{ network: { request } as never, clock, logger: silentLogger },
    heldBy: (versions) => void held.push(...versions),
    refusedFull: () => {},
  });
  const announce = (count: number, by = author): Entry[] =>
    Array.from({ length: count }, () => {
      const entry = by.next();
      announcer.announce(peer, { entry, hold: true, blobs: [] });
      return entry;
    });
  return { announcer, announce, other, messages, held, clock };
}

describe("announcements", () => {
  test("go on while the peer stores those before, with at most two messages unanswered", async () => {
    const { announce, messages, held } = setUp();
    const entries = announce(100);
    await until("two messages", () => messages.length === 2);
    await turns(3);
    expect(messages.map(({ count }) => count)).toEqual([32, 32]);
    messages[1]?.answer();
    await until("the third", () => messages.length === 3);
    for (const { answer } of messages) answer();
    await until("the last", () => messages.length === 4);
    messages[3]?.answer();
    await until("all are held", () => held.length === 100);
    expect(held.toSorted()).toEqual(entries.map(({ id }) => id).toSorted());
  });

  test("that failed are followed, once and after a while, by the newest of each numbering alone", async () => {
    const { announce, other, messages, held, clock } = setUp();
    const newest = [announce(40, other).at(-1), announce(60).at(-1)];
    await until("two messages", () => messages.length === 2);
    for (const { fail } of messages) fail();
    await until("the failure is noticed", () => clock.pending === 1);
    newest.push(announce(1).at(-1));
    await turns(3);
    expect(messages).toHaveLength(2);
    clock.advance(1000);
    await until("one more", () => messages.length === 3);
    messages[2]?.answer();
    await until("they are held", () => held.length === 3);
    expect(held.toSorted()).toEqual(newest.map((entry) => entry?.id).toSorted());
    expect(clock.pending).toBe(0);
  });

  test("that came through stay so when one before them failed", async () => {
    const { announce, messages, held, clock } = setUp();
    const [last] = announce(64).slice(-1);
    await until("two messages", () => messages.length === 2);
    messages[0]?.fail();
    messages[1]?.answer();
    await until("the failure is noticed", () => clock.pending === 1);
    expect(held).toContain(last?.id);
    clock.advance(1000);
    await until("the one that failed is told of again", () => messages.length === 3);
    messages[2]?.answer();
    await until("all ended", () => clock.pending === 0);
    await turns(3);
    expect(messages).toHaveLength(3);
  });

  test("end where the peer is forgotten", async () => {
    const { announcer, announce, messages, clock } = setUp();
    announce(100);
    await until("two messages", () => messages.length === 2);
    announcer.forget(peer);
    for (const { fail } of messages) fail();
    await turns(3);
    clock.advance(10_000);
    await turns(3);
    expect(messages).toHaveLength(2);
  });
});
