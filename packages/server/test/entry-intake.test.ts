import {
  CLOCK_DRIFT_MAX_MS,
  type Digest,
  type Entry,
  incarnationFromBytes,
  type MembershipRecord,
  type PeerId,
  type Role,
} from "@gstore/core";
import { generateIdentity, type NodeIdentity } from "@gstore/crypto";
import { HookedEntryStore, ManualClock, MemoryMembershipStore, SeededRandom } from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { PurgeGuard } from "../src/collection/purge-guard.ts";
import { HybridClock } from "../src/hybrid-clock.ts";
import { silentLogger } from "../src/logger.ts";
import { Members } from "../src/membership/members.ts";
import { EntryIntake } from "../src/replication/entry-intake.ts";
import { TestAuthor } from "./support/test-author.ts";
import { TestLog } from "./support/test-log.ts";
import { turns, until } from "./support/waiting.ts";

const random = new SeededRandom("intake");
const log = new TestLog(random);
const space = log.space.id;
const from = "peer" as PeerId;

const admissions = new Map<NodeIdentity, MembershipRecord[]>();

/** The log that admits a node: the same one each time, in the role of the first. */
function admissionOf(identity: NodeIdentity, role: Role): MembershipRecord[] {
  const records = admissions.get(identity) ?? log.admit(identity, role, role);
  admissions.set(identity, records);
  return records;
}

function authorOf(identity: NodeIdentity, incarnation = 1): TestAuthor {
  const head = log.certificateOf(identity, admissionOf(identity, "writer"))[0]?.id as Digest;
  const bytes = new Uint8Array(8).fill(incarnation);
  return new TestAuthor({ identity, incarnation: incarnationFromBytes(bytes), space, head });
}

async function setUp() {
  const entries = new HookedEntryStore();
  const members = await Members.open(new MemoryMembershipStore(), log.root.networkId);
  const clock = new HybridClock(new ManualClock());
  const self = generateIdentity(random);
  const ownLost: string[] = [];
  const intake = new EntryIntake({
    ...{ self: self.peerId, entries, members, clock, logger: silentLogger },
    purgeGuard: new PurgeGuard({ entries, coverOf: async () => [], gaveUp: () => {} }),
    olderSelf: async ({ seq }) => void ownLost.push(`${seq} of ${entries.count()}`),
  });
  const admit = async (role: Role): Promise<NodeIdentity> => {
    const identity = generateIdentity(random);
    await members.add(admissionOf(identity, role));
    return identity;
  };
  /** What becomes of entries: "fresh", "known" or the code of their refusal. */
  const take = async (...list: readonly (Entry | Uint8Array)[]): Promise<string[]> => {
    const taken = await intake.take(
      from,
      list.map((one) => (one instanceof Uint8Array ? one : one.bytes)),
    );
    return taken.map(({ isFresh, refusal }) => refusal?.code ?? (isFresh ? "fresh" : "known"));
  };
  return { entries, members, clock, admit, take, self, ownLost };
}

/** Turns a bit of an entry's signature. */
function forged(entry: Entry): Uint8Array {
  const bytes = Uint8Array.from(entry.bytes);
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  return bytes;
}

describe("entries that come in", () => {
  test("are stored in order, once, and moved the clock", async () => {
    const { entries, clock, admit, take } = await setUp();
    const author = authorOf(await admit("writer"));
    const timeMs = 1_700_000_000_000 + CLOCK_DRIFT_MAX_MS;
    const [one, two, three] = [author.next(), author.next({ timeMs }), author.next()];
    expect(await take(one, two)).toEqual(["fresh", "fresh"]);
    expect(await take(one, two, three, three)).toEqual(["known", "known", "fresh", "known"]);
    expect(entries.count()).toBe(3);
    expect(clock.next()).toEqual({ wallMs: timeMs, logical: 1 });
  });

  test.each(["admin", "writer"] as const)("are taken of an author who is %s", async (role) => {
    const { admit, take } = await setUp();
    expect(await take(authorOf(await admit(role)).next())).toEqual(["fresh"]);
  });

  test.each(["reader", "vault"] as const)("are refused of an author who is %s", async (role) => {
    const { entries, admit, take } = await setUp();
    expect(await take(authorOf(await admit(role)).next())).toEqual(["NOT_A_MEMBER"]);
    expect(entries.count()).toBe(0);
  });

  test("are refused of an author who is no member, until he is one", async () => {
    const { members, take } = await setUp();
    const identity = generateIdentity(random);
    const entry = authorOf(identity).next();
    expect(await take(entry)).toEqual(["NOT_A_MEMBER"]);
    await members.add(admissionOf(identity, "writer"));
    expect(await take(entry)).toEqual(["fresh"]);
  });

  test("are refused with a signature that is not their author's", async () => {
    const { entries, admit, take } = await setUp();
    const [one, two] = [await admit("writer"), await admit("writer")];
    const entry = authorOf(one).next();
    expect(await take(forged(entry))).toEqual(["SIGNATURE_INVALID"]);
    // Another member's signature under this author's body.
    const [, other] = [entry, authorOf(two).next()];
    const swapped = Buffer.concat([entry.bytes.subarray(0, entry.bytes.length - 64), other.signature]);
    expect(await take(swapped)).toEqual(["SIGNATURE_INVALID"]);
    expect(entries.count()).toBe(0);
    expect(await take(entry)).toEqual(["fresh"]);
  });

  test("are refused where they can't be decoded, and keep no other out", async () => {
    const { admit, take } = await setUp();
    const author = authorOf(await admit("writer"));
    const garbage = new Uint8Array(50).fill(7);
    expect(await take(garbage, author.next(), new Uint8Array(0))).toEqual([
      "INVALID_FORMAT",
      "fresh",
      "INVALID_FORMAT",
    ]);
  });

  test("are refused behind a gap, until it is filled", async () => {
    const { entries, admit, take } = await setUp();
    const author = authorOf(await admit("writer"));
    const [one, two, three] = [author.next(), author.next(), author.next()];
    expect(await take(three)).toEqual(["ENTRY_REFUSED"]);
    expect(await take(one, three)).toEqual(["fresh", "ENTRY_REFUSED"]);
    expect(await take(two, three)).toEqual(["fresh", "fresh"]);
    expect(entries.count()).toBe(3);
  });

  test("are refused in another order than their author's", async () => {
    const { admit, take } = await setUp();
    const author = authorOf(await admit("writer"));
    const [one, two] = [author.next(), author.next()];
    expect(await take(two, one)).toEqual(["ENTRY_REFUSED", "ENTRY_REFUSED"]);
  });

  test("are refused where they take a number that another entry has", async () => {
    const { admit, take } = await setUp();
    const author = authorOf(await admit("writer"));
    const fork = author.fork({ key: "other" });
    const [one, two] = [author.next(), author.next()];
    expect(await take(one, fork)).toEqual(["fresh", "ENTRY_REFUSED"]);
    expect(await take(fork)).toEqual(["ENTRY_REFUSED"]);
    expect(await take(two)).toEqual(["fresh"]);
    expect(await take(fork, one)).toEqual(["ENTRY_REFUSED", "known"]);
  });

  test("are refused where they follow another entry than the one that is here", async () => {
    const { entries, admit, take } = await setUp();
    const author = authorOf(await admit("writer"));
    const fork = author.fork({ key: "other" });
    const one = author.next();
    const behindFork = author.signed({ seq: 2, prev: fork.id });
    expect(await take(one)).toEqual(["fresh"]);
    expect(await take(behindFork)).toEqual(["ENTRY_REFUSED"]);
    expect(await take(behindFork, author.next())).toEqual(["ENTRY_REFUSED", "ENTRY_REFUSED"]);
    expect(entries.count()).toBe(1);
  });

  test("are refused where one write's dot is used for two versions", async () => {
    const { entries, admit, take } = await setUp();
    const author = authorOf(await admit("writer"));
    const [one, two, three] = ["a", "a", "a"].map((key) => author.next({ key })) as [Entry, Entry, Entry];
    expect(await take(one, two)).toEqual(["fresh", "ENTRY_REFUSED"]);
    expect(await take(two, three)).toEqual(["ENTRY_REFUSED", "ENTRY_REFUSED"]);
    expect(await entries.heads(space, one.body.keyId)).toHaveLength(1);
  });

  test("of one author are refused without keeping another's out", async () => {
    const { entries, admit, take } = await setUp();
    const [good, bad] = [authorOf(await admit("writer")), authorOf(await admit("writer"))];
    bad.next();
    const gap = bad.next();
    const [one, two] = [good.next(), good.next()];
    expect(await take(one, gap, bad.next(), two)).toEqual([
      "fresh",
      "ENTRY_REFUSED",
      "ENTRY_REFUSED",
      "fresh",
    ]);
    expect(await take(forged(gap), good.next())).toEqual(["SIGNATURE_INVALID", "fresh"]);
    expect(entries.count()).toBe(3);
  });

  test("of one author come in at most 64 incarnations", async () => {
    const { entries, admit, take } = await setUp();
    const identity = await admit("writer");
    for (let incarnation = 1; incarnation <= 64; incarnation++) {
      expect(await take(authorOf(identity, incarnation).next())).toEqual(["fresh"]);
    }
    expect(await take(authorOf(identity, 65).next())).toEqual(["ENTRY_REFUSED"]);
    expect(await take(authorOf(await admit("writer"), 1).next())).toEqual(["fresh"]);
    expect(await entries.vector()).toHaveLength(65);
  });

  test("are refused alone when a fork came in by another message meanwhile", async () => {
    const { entries, admit, take } = await setUp();
    const [good, bad] = [authorOf(await admit("writer")), authorOf(await admit("writer"))];
    const fork = bad.fork({ key: "other" });
    // Both messages are checked before either is stored.
    entries.beforeAppend = () => turns(5);
    const [left, right] = await Promise.all([take(bad.next()), take(fork, good.next())]);
    expect(left).toEqual(["fresh"]);
    expect(right).toEqual(["ENTRY_REFUSED", "fresh"]);
    expect(entries.count()).toBe(2);
  });

  test("that follow a damaged one are taken: it is here, though it can't be compared", async () => {
    const { entries, admit, take } = await setUp();
    const author = authorOf(await admit("writer"));
    const [one, two] = [author.next(), author.next()];
    await take(one);
    // What a store with a damaged entry does: it gives none from there on.
    const ofAuthor = entries.ofAuthor.bind(entries);
    entries.ofAuthor = async (...asked) => (asked[2] <= 1 ? [] : await ofAuthor(...asked));
    expect(await take(two)).toEqual(["fresh"]);
  });

  test("are not lost when the disk fails: they can be taken again", async () => {
    const { entries, admit, take } = await setUp();
    const entry = authorOf(await admit("writer")).next();
    entries.beforeAppend = () => {
      throw new Error("EIO");
    };
    await expect(take(entry)).rejects.toThrow("EIO");
    entries.beforeAppend = null;
    expect(await take(entry)).toEqual(["fresh"]);
  });

  test("are judged while those that they follow are being synced", async () => {
    const { entries, admit, take } = await setUp();
    const author = authorOf(await admit("writer"));
    const [one, two] = [author.next(), author.next()];
    const synced = Promise.withResolvers<void>();
    const stored: number[] = [];
    entries.beforeAppend = async ([first]) => {
      stored.push(first?.body.seq ?? 0);
      await synced.promise;
    };
    const taken = Promise.all([take(one), take(two)]);
    await until("both are being stored", () => stored.length === 2);
    synced.resolve();
    expect(await taken).toEqual([["fresh"], ["fresh"]]);
    expect(stored).toEqual([1, 2]);
  });

  test("are judged only after those that they contradict", async () => {
    const { entries, admit, take } = await setUp();
    const author = authorOf(await admit("writer"));
    await take(author.next());
    const fork = author.fork({ key: "other" });
    const [two, three] = [author.next({ key: "a" }), author.next({ key: "b" })];
    entries.beforeAppend = () => turns(5);
    const sameDot = author.signed({ seq: 4, prev: three.id }, { key: "a" });
    const taken = await Promise.all([take(two, three), take(fork), take(two), take(sameDot)]);
    expect(taken).toEqual([["fresh", "fresh"], ["ENTRY_REFUSED"], ["known"], ["ENTRY_REFUSED"]]);
    expect(entries.count()).toBe(3);
  });

  test("are not stored behind those that the disk refused", async () => {
    const { entries, admit, take } = await setUp();
    const author = authorOf(await admit("writer"));
    const [one, two] = [author.next(), author.next()];
    entries.beforeAppend = async ([first]) => {
      await turns(2);
      if (first?.body.seq === 1) throw new Error("the disk is full");
    };
    const taken = Promise.allSettled([take(one), take(two)]);
    expect((await taken).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(entries.count()).toBe(0);
    entries.beforeAppend = null;
    expect(await take(one, two)).toEqual(["fresh", "fresh"]);
  });

  test("that this node itself wrote and lost are told of before they are stored", async () => {
    const { members, take, self, ownLost } = await setUp();
    await members.add(admissionOf(self, "writer"));
    const author = authorOf(self);
    const fork = author.fork({ key: "other" });
    const [one, two] = [author.next(), author.next()];
    await take(one, two);
    expect(ownLost).toEqual(["1 of 0", "2 of 0"]);
    await take(one, fork, forged(author.next()));
    expect(ownLost).toEqual(["1 of 0", "2 of 0", "1 of 2"]);
  });
});
