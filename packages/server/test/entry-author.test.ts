import {
  digestOf,
  type Entry,
  GstoreError,
  type Incarnation,
  idToBytes,
  incarnationFromBytes,
  type KeyId,
  keyIdFromBytes,
  placementIdFromBytes,
  spaceIdFromBytes,
} from "@gstore/core";
import { createNetworkSecrets, EntryVerifier, generateIdentity, issueCertificate } from "@gstore/crypto";
import {
  HookedEntryStore,
  ManualClock,
  MemoryDiskStore,
  MemoryMembershipStore,
  SeededRandom,
} from "@gstore/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EntryAuthor, type EntryDraft } from "../src/entry-author.ts";
import { HybridClock } from "../src/hybrid-clock.ts";
import { Members } from "../src/membership/members.ts";
import { codeOf, turns } from "./support/waiting.ts";

const random = new SeededRandom("author");
const secrets = createNetworkSecrets(random);
const identity = generateIdentity(random);
const first: Incarnation = incarnationFromBytes(new Uint8Array(8).fill(1));
const second: Incarnation = incarnationFromBytes(new Uint8Array(8).fill(2));
const space = spaceIdFromBytes(new Uint8Array(16));

async function authorOn(entries: HookedEntryStore, incarnation = first): Promise<EntryAuthor> {
  const members = await Members.open(new MemoryMembershipStore(), secrets.networkId);
  const said = { role: "admin", name: "author", spaces: null, parents: [], timeMs: 1 } as const;
  await members.add([issueCertificate({ secrets, identity, ...said })]);
  return new EntryAuthor({
    identity,
    incarnation,
    disk: new MemoryDiskStore({ entries }),
    members,
    clock: new HybridClock(new ManualClock()),
  });
}

function draft(
  key: string,
  options: { sealedBytes?: number; written?: (entry: Entry) => void } = {},
): EntryDraft {
  return {
    space,
    keyId: keyOf(key),
    op: "put",
    policyClass: 0,
    placement: placementIdFromBytes(new Uint8Array(16)),
    content: null,
    storedBytes: 0,
    sealed: new Uint8Array(options.sealedBytes ?? 40),
    blob: null,
    written: options.written ?? (() => {}),
  };
}

function keyOf(key: string): KeyId {
  return keyIdFromBytes(Buffer.from(digestOf(Buffer.from(key)).slice(4), "hex"));
}

/** Numbered from 1 without gaps, each naming the one before it, signed. */
function expectChain(entries: readonly Entry[]): void {
  const verifier = new EntryVerifier();
  entries.forEach((entry, index) => {
    expect(entry.body.seq).toBe(index + 1);
    expect(entry.body.prev).toBe(entries[index - 1]?.id ?? null);
    verifier.verify(entry);
  });
}

const chainOf = (entries: HookedEntryStore, incarnation = first) =>
  entries.ofAuthor(identity.peerId, incarnation, 1, 100_000);

describe("the author of entries", () => {
  test("writes those that wait together as one batch, under one signature and one append", async () => {
    const entries = new HookedEntryStore();
    const author = await authorOn(entries);
    const batches: number[] = [];
    entries.beforeAppend = (batch) => void batches.push(batch.length);
    const written = await Promise.all(
      Array.from({ length: 50 }, (_, index) => author.write(draft(`key ${index}`))),
    );
    expect(batches).toEqual([50]);
    expect(new Set(written.map(({ signedRoot }) => signedRoot)).size).toBe(1);
    expectChain(await chainOf(entries));
  });

  test("appends at most 1024 entries at once, and puts few enough under one signature that paths are short", async () => {
    const entries = new HookedEntryStore();
    const author = await authorOn(entries);
    const batches: number[] = [];
    entries.beforeAppend = (batch) => void batches.push(batch.length);
    await Promise.all(Array.from({ length: 1500 }, (_, index) => author.write(draft(`key ${index}`))));
    expect(batches).toEqual([1024, 476]);
    const signed = Map.groupBy(await chainOf(entries), ({ signedRoot }) => signedRoot);
    expect([...signed.values()].map((together) => together.length)).toEqual([
      ...new Array(16).fill(64),
      ...new Array(7).fill(64),
      476 % 64,
    ]);
    expectChain(await chainOf(entries));
  });

  test("counts the writes of each key by itself, and each has seen the one before", async () => {
    const entries = new HookedEntryStore();
    const author = await authorOn(entries);
    const keys = ["a", "b", "a", "a", "b", "c"];
    const written = await Promise.all(keys.map((key) => author.write(draft(key))));
    expect(written.map(({ body }) => body.dot.counter)).toEqual([1, 1, 2, 3, 2, 1]);
    for (const key of ["a", "b", "c"]) {
      expect(await entries.heads(space, keyOf(key))).toHaveLength(1);
    }
    expectChain(await chainOf(entries));
  });

  test("tells of each entry in the order of seq, once it is stored and before the write resolves", async () => {
    const entries = new HookedEntryStore();
    const author = await authorOn(entries);
    const told: number[] = [];
    const write = async (key: string) => {
      let wasTold = false;
      const written = (entry: Entry) => {
        expect(entries.count()).toBeGreaterThanOrEqual(entry.body.seq);
        wasTold = true;
        told.push(entry.body.seq);
      };
      await author.write(draft(key, { written }));
      expect(wasTold).toBe(true);
    };
    await Promise.all(["a", "b", "a", "c", "a"].map(write));
    expect(told).toEqual([1, 2, 3, 4, 5]);
  });

  test("keeps the chain whole however writes and turns fall", async () => {
    const step = fc.oneof(fc.constantFrom("a", "b", "c"), fc.constant("turn"));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const entries = new HookedEntryStore();
        const author = await authorOn(entries);
        entries.beforeAppend = () => turns(1);
        const writes: Promise<Entry>[] = [];
        for (const one of steps) {
          if (one === "turn") await turns(1);
          else writes.push(author.write(draft(one)));
        }
        await Promise.all(writes);
        const chain = await chainOf(entries);
        expect(chain).toHaveLength(writes.length);
        expectChain(chain);
      }),
      { numRuns: 30 },
    );
  });

  test("goes on where it was after a restart", async () => {
    const entries = new HookedEntryStore();
    const before = await authorOn(entries);
    await before.write(draft("a"));
    await before.write(draft("b"));
    const after = await authorOn(entries);
    const third = await after.write(draft("a"));
    expect(third.body).toMatchObject({ seq: 3, dot: { counter: 2 } });
    expectChain(await chainOf(entries));
  });

  test("refuses the writes that the store refused, and the next ones leave no gap", async () => {
    const entries = new HookedEntryStore();
    const author = await authorOn(entries);
    await author.write(draft("a"));
    entries.beforeAppend = () => {
      throw new GstoreError("STORE_FULL", "no");
    };
    const codes = await Promise.all(["b", "c"].map((key) => codeOf(author.write(draft(key)))));
    expect(codes).toEqual(["STORE_FULL", "STORE_FULL"]);
    entries.beforeAppend = null;
    expect((await author.write(draft("d"))).body.seq).toBe(2);
    expectChain(await chainOf(entries));
  });

  test("leaves no gap and no fork behind an append that failed after it was written", async () => {
    const entries = new HookedEntryStore();
    const author = await authorOn(entries);
    const append = entries.append.bind(entries);
    entries.append = async (...given) => {
      await append(...given);
      throw new GstoreError("STORE_IO", "no");
    };
    expect(await codeOf(author.write(draft("a")))).toBe("STORE_IO");
    entries.append = append;
    expect((await author.write(draft("b"))).body.seq).toBe(2);
    expectChain(await chainOf(entries));
  });

  test("refuses one that is too large, and no other that waits beside it", async () => {
    const entries = new HookedEntryStore();
    const author = await authorOn(entries);
    const codes = await Promise.all(
      [40, 65_500, 40].map((sealedBytes, index) =>
        codeOf(author.write(draft(`key ${index}`, { sealedBytes }))),
      ),
    );
    expect(codes).toEqual(["nothing", "TOO_LARGE", "nothing"]);
    const chain = await chainOf(entries);
    expect(chain).toHaveLength(2);
    expectChain(chain);
  });

  test("writes nothing where its last entry can't be read", async () => {
    const entries = new HookedEntryStore();
    const before = await authorOn(entries);
    await before.write(draft("a"));
    entries.ofAuthor = async () => [];
    expect(await codeOf((await authorOn(entries)).write(draft("b")))).toBe("STORE_DAMAGED");
  });
});

describe("a new incarnation", () => {
  test("is numbered anew, and has seen what the old one wrote", async () => {
    const entries = new HookedEntryStore();
    const author = await authorOn(entries);
    await author.write(draft("a"));
    await author.restartAs(second);
    const written = await author.write(draft("a"));
    expect(author.incarnation).toBe(second);
    expect(written.body).toMatchObject({ seq: 1, prev: null, dot: { incarnation: second, counter: 1 } });
    expect(written.body.context).toMatchObject([{ incarnation: first, counter: 1 }]);
    expect(idToBytes(second)).toHaveLength(8);
  });

  test("begins between two batches, whatever is being written: no entry is lost or falls between the two", async () => {
    for (let delay = 0; delay < 12; delay++) {
      const entries = new HookedEntryStore();
      const author = await authorOn(entries);
      entries.beforeAppend = () => turns(1);
      const earlier = author.write(draft("earlier"));
      await null;
      const restarted = author.restartAs(second);
      const writes: Promise<unknown>[] = [earlier];
      await earlier;
      for (let step = 0; step < delay; step++) await null;
      for (let round = 0; round < 4; round++) writes.push(author.write(draft(`key ${round}`)));
      await Promise.all([restarted, ...writes]);
      const chains = [await chainOf(entries, first), await chainOf(entries, second)];
      chains.forEach(expectChain);
      expect((chains[0]?.length ?? 0) + (chains[1]?.length ?? 0)).toBe(5);
      expect((await author.write(draft("later"))).body.dot.incarnation).toBe(second);
    }
  });
});

test("a draft that may follow one version only is not written where a put came between", async () => {
  const entries = new HookedEntryStore();
  const author = await authorOn(entries);
  const old = await author.write(draft("key"));
  const put = author.write(draft("key"));
  const outdated = author.write({ ...draft("key"), onlyAfter: old.id });
  expect(await codeOf(outdated)).toBe("VERSION_NOT_FOUND");
  const newer = await put;
  expect((await entries.heads(space, keyOf("key"))).map(({ entry }) => entry.id)).toEqual([newer.id]);
  const next = await author.write({ ...draft("key"), onlyAfter: newer.id });
  expectChain([old, newer, next]);
});
