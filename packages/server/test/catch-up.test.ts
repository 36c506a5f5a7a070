import {
  type Digest,
  digestOf,
  type Entry,
  type EntryId,
  GstoreError,
  incarnationFromBytes,
  LIST_PAGE_MAX,
  type SpaceId,
  spaceIdFromBytes,
} from "@gstore/core";
import { createNetworkSecrets, generateIdentity, issueCertificate } from "@gstore/crypto";
import {
  HookedBlobStore,
  ManualClock,
  MemoryEntryStore,
  MemoryMembershipStore,
  SeededRandom,
} from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { silentLogger } from "../src/logger.ts";
import { Members } from "../src/membership/members.ts";
import { Placement } from "../src/placement/placement.ts";
import type { BlobFetcher } from "../src/replication/blob-fetcher.ts";
import { CatchUp } from "../src/replication/catch-up.ts";
import { TestAuthor } from "./support/test-author.ts";
import { turns, until } from "./support/waiting.ts";

/** Catching up of a node that is to hold all, with a fetcher that has what the test gives it. */
async function setUp() {
  const random = new SeededRandom("catch-up");
  const secrets = createNetworkSecrets(random);
  const identity = generateIdentity(random);
  const members = await Members.open(new MemoryMembershipStore(), secrets.networkId);
  const said = { role: "admin", name: "self", spaces: null, parents: [], timeMs: 1 } as const;
  const certificate = issueCertificate({ secrets, identity, ...said });
  await members.add([certificate]);
  const [blobs, entries, clock] = [new HookedBlobStore(), new MemoryEntryStore(), new ManualClock()];
  const elsewhere = new Map<Digest, Uint8Array>();
  const fetched: Digest[] = [];
  const fetch = async (digest: Digest) => {
    fetched.push(digest);
    await turns(1);
    const bytes = elsewhere.get(digest);
    if (bytes === undefined) throw new GstoreError("NO_HOLDER_REACHABLE", "none");
    return bytes;
  };
  const completed: EntryId[] = [];
  /** What was behind whenever some were complete. */
  const behindThen: number[] = [];
  let isHolder = true;
  const log = {
    holdersOf: (space: SpaceId) => (isHolder ? members.holdersOf(space) : []),
    // What placement found holds for one state of the log.
    get state() {
      return isHolder ? members.state : { ...members.state };
    },
  };
  const catchUp = new CatchUp({
    ...{ self: identity.peerId, blobs, entries, clock, logger: silentLogger },
    placement: new Placement(log),
    history: { isPast: async () => false },
    room: { has: () => true },
    pins: { isPinned: () => false },
    likelyHolders: () => new Set(),
    fetcher: { fetch } as unknown as BlobFetcher,
    completed: (versions) => {
      completed.push(...versions);
      behindThen.push(catchUp.behind);
    },
  });
  const place = { identity, space: spaceIdFromBytes(new Uint8Array(16)), head: certificate.id };
  const author = new TestAuthor({ ...place, incarnation: incarnationFromBytes(new Uint8Array(8)) });
  /** A version of one chunk arrives; gives its id and its blob, which nobody has yet. */
  const arrive = async (text: string, { isToldOf = true } = {}) => {
    const blob = Buffer.from(text);
    const digest = digestOf(blob);
    const entry = author.next({ content: { level: 0, digest, size: blob.length } });
    await entries.append([entry], { complete: false });
    if (isToldOf) catchUp.poke({ all: false });
    return { id: entry.id, digest, blob };
  };
  /** The one version that was fetched stays behind, and nothing is under way. */
  const wasTried = async () => {
    await until("it was tried", () => fetched.length === 1 && catchUp.behind === 1);
    await turns(5);
  };
  /** From now on nothing is to be held here. */
  const leaves = () => {
    isHolder = false;
  };
  return {
    behindThen,
    leaves,
    wasTried,
    catchUp,
    clock,
    blobs,
    entries,
    elsewhere,
    fetched,
    completed,
    arrive,
  };
}

describe("catching up", () => {
  test("fetches what arrives, once, and tells of it", async () => {
    const { elsewhere, arrive, completed, fetched, entries } = await setUp();
    for (const text of ["one", "two"]) elsewhere.set(digestOf(Buffer.from(text)), Buffer.from(text));
    const [one, two] = [await arrive("one"), await arrive("two")];
    await until("both are complete", () => completed.length === 2);
    expect(completed.sort()).toEqual([one.id, two.id].sort());
    expect(fetched).toHaveLength(2);
    expect((await entries.incomplete(0, 10)).length).toBe(0);
  });

  test("is not at its end between two pages of what it lacks", async () => {
    const { arrive, behindThen, catchUp, completed, elsewhere } = await setUp();
    const texts = Array.from({ length: LIST_PAGE_MAX + 1 }, (_, index) => `text ${index}`);
    for (const text of texts) {
      elsewhere.set(digestOf(Buffer.from(text)), Buffer.from(text));
      await arrive(text, { isToldOf: false });
    }
    catchUp.poke({ all: false });
    await until("all are complete", () => completed.length === texts.length);
    expect(behindThen.length).toBeGreaterThan(1);
    expect(behindThen).not.toContain(0);
    await until("it is at its end", () => catchUp.behind === 0);
  });

  test("leaves alone what was dropped, also where its blobs are still here, until somebody asks for it", async () => {
    const { arrive, catchUp, blobs, completed, entries, leaves } = await setUp();
    leaves();
    const one = await arrive("one");
    await turns(20);
    await entries.markDropped([one.id]);
    await blobs.put(one.digest, one.blob);
    catchUp.poke({ all: true });
    await turns(20);
    expect(completed).toEqual([]);
    catchUp.ask((await entries.get(one.id))?.entry as Entry);
    catchUp.poke({ all: false });
    await until("it is complete", () => completed.includes(one.id));
    expect(await entries.get(one.id)).toMatchObject({ complete: true, dropped: false });
  });

  test("fetches what was dropped where it is to be held here again", async () => {
    const { arrive, catchUp, completed, elsewhere, entries, wasTried } = await setUp();
    const one = await arrive("one");
    await wasTried();
    await entries.markDropped([one.id]);
    elsewhere.set(one.digest, one.blob);
    catchUp.poke({ all: true });
    await until("it is complete", () => completed.includes(one.id));
  });

  test("tries again after a while what nobody could give", async () => {
    const { wasTried, clock, elsewhere, arrive, completed, catchUp } = await setUp();
    const one = await arrive("one");
    await wasTried();
    elsewhere.set(one.digest, one.blob);
    clock.advance(5000);
    await until("it is complete", () => completed.includes(one.id));
    expect(catchUp.behind).toBe(0);
  });

  test("tries again also while more keeps arriving", async () => {
    const { wasTried, clock, elsewhere, arrive, completed } = await setUp();
    const one = await arrive("one");
    await wasTried();
    elsewhere.set(one.digest, one.blob);
    for (let second = 1; second <= 10; second++) {
      const text = `second ${second}`;
      elsewhere.set(digestOf(Buffer.from(text)), Buffer.from(text));
      await arrive(text);
      await until("it is complete", () => completed.length >= second);
      clock.advance(1000);
    }
    await turns(20);
    expect(completed).toContain(one.id);
  });

  test("takes a poke that comes while it works", async () => {
    const { wasTried, elsewhere, arrive, completed, catchUp, blobs } = await setUp();
    const one = await arrive("one");
    await wasTried();
    let goOn = () => {};
    const slow = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    blobs.beforePut = () => slow;
    elsewhere.set(digestOf(Buffer.from("two")), Buffer.from("two"));
    await arrive("two");
    await until("two is being stored", () => blobs.puts === 1);
    elsewhere.set(one.digest, one.blob);
    catchUp.poke({ all: true });
    goOn();
    await until("both are complete", () => completed.length === 2);
  });

  test.each([
    ["four versions", 300 * 1024, 4],
    ["thirty-two small versions", 2, 32],
  ])("works on %s at a time", async (_what, bytes, atOnce) => {
    const { elsewhere, arrive, catchUp, completed, blobs } = await setUp();
    let running = 0;
    let most = 0;
    blobs.beforePut = async () => {
      most = Math.max(most, ++running);
      await turns(3);
      running--;
    };
    const texts = Array.from({ length: 40 }, (_, index) => `${index}`.padStart(bytes));
    for (const text of texts) {
      elsewhere.set(digestOf(Buffer.from(text)), Buffer.from(text));
      await arrive(text, { isToldOf: false });
    }
    catchUp.poke({ all: false });
    await until("all are complete", () => completed.length === texts.length);
    expect(most).toBe(atOnce);
  });

  test("ends when it is stopped, and starts no more", async () => {
    const { wasTried, clock, arrive, fetched, catchUp } = await setUp();
    await arrive("one");
    await wasTried();
    await catchUp.stop();
    const before = fetched.length;
    clock.advance(60_000);
    await arrive("two");
    await turns(20);
    expect(fetched).toHaveLength(before);
    expect(clock.pending).toBe(0);
  });
});
