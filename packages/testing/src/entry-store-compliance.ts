import type { Entry, EntryRecord, EntryStore, ErrorCode, VersionVector } from "@gstore/core";
import { mergeVectors } from "@gstore/core";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EntryMaker, madeKeyId, madeSpace } from "./entry-maker.ts";
import { droppingCompliance } from "./entry-store-dropping.ts";
import { overviewCompliance } from "./entry-store-overview.ts";
import { strippingCompliance } from "./entry-store-stripping.ts";
import { MemoryEntryStore } from "./memory-entry-store.ts";

/** An implementation under test. */
export interface EntryStoreUnderTest {
  readonly store: EntryStore;
  close(): Promise<void>;
}

const refusal = (code: ErrorCode): object => expect.objectContaining({ name: "GstoreError", code });
const ids = (entries: readonly (Entry | EntryRecord)[]): string[] =>
  entries.map((one) => ("entry" in one ? one.entry.id : one.id));
const KEY = madeKeyId("key");
const SPACE = madeSpace(0);

/** What every {@link EntryStore} does. */
export function entryStoreCompliance(name: string, open: () => Promise<EntryStoreUnderTest>): void {
  describe(`${name} is an EntryStore`, () => {
    let tested: EntryStoreUnderTest;
    let store: EntryStore;
    beforeEach(async () => {
      tested = await open();
      store = tested.store;
    });
    afterEach(() => tested.close());

    appending(() => store);
    following(() => store);
    droppingCompliance(() => store);
    overviewCompliance(() => store);
    strippingCompliance(() => store);
    superseding(() => store);
    agreeing(open);

    test("after close everything rejects with STORE_CLOSED", async () => {
      const entry = new EntryMaker(1).next();
      await store.append([entry], { complete: false });
      await tested.close();
      await expect(store.append([entry], { complete: false })).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(store.get(entry.id)).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(store.heads(SPACE, KEY)).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(store.vector()).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(store.since(0, 1)).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(store.markComplete([entry.id])).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(store.markDropped([entry.id])).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(store.strip([entry.id])).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(store.destroyStripped()).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(store.completeOf([entry.id])).rejects.toThrow(refusal("STORE_CLOSED"));
    });
  });
}

function appending(current: () => EntryStore): void {
  test("an appended entry comes back byte for byte", async () => {
    const store = current();
    const entry = new EntryMaker(1).next({ sealedBytes: 5000 });
    await store.append([entry], { complete: false });
    const record = await store.get(entry.id);
    expect(Buffer.compare(record?.entry.bytes ?? Buffer.alloc(0), entry.bytes)).toBe(0);
    expect(record?.entry.body).toEqual(entry.body);
    expect(store.count()).toBe(1);
    expect(await store.get(new EntryMaker(2).next().id)).toBeUndefined();
  });

  test("known entries are passed over, within one call and between calls", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const [one, two] = [maker.next(), maker.next()];
    await Promise.all([
      store.append([one, one, two], { complete: false }),
      store.append([one, two, two], { complete: false }),
    ]);
    await store.append([one], { complete: false });
    expect(store.count()).toBe(2);
    expect(await store.vector()).toEqual([{ author: maker.author, incarnation: maker.incarnation, seq: 2 }]);
  });

  test("a gap in an author's entries is refused, and nothing of that call is added", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const other = new EntryMaker(2);
    const [one, two, three] = [maker.next(), maker.next(), maker.next()];
    await store.append([one], { complete: false });
    const call = store.append([other.next(), three], { complete: false });
    await expect(call).rejects.toThrow(refusal("ENTRY_REFUSED"));
    expect(store.count()).toBe(1);
    await store.append([two, three], { complete: false });
    expect(store.count()).toBe(3);
  });

  test("another entry at a known number is refused", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const fork = maker.fork({ key: "fork" });
    const entry = maker.next();
    await store.append([entry], { complete: false });
    await expect(store.append([fork], { complete: false })).rejects.toThrow(refusal("ENTRY_REFUSED"));
    expect(ids(await store.ofAuthor(maker.author, maker.incarnation, 1, 10))).toEqual([entry.id]);
  });

  test("incarnations of an author are numbered apart", async () => {
    const store = current();
    const [first, second] = [new EntryMaker(1, 1), new EntryMaker(1, 2)];
    await store.append([first.next({ key: "a" }), first.next({ key: "b" })], { complete: false });
    await store.append([second.next({ key: "c" })], { complete: false });
    const vector = (await store.vector()).sort((left, right) => left.seq - right.seq);
    expect(vector).toEqual([
      { author: second.author, incarnation: second.incarnation, seq: 1 },
      { author: first.author, incarnation: first.incarnation, seq: 2 },
    ]);
  });

  test("appends that build on one another may be under way at once", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const entries = Array.from({ length: 200 }, (_, index) => maker.next({ key: `key ${index}` }));
    await Promise.all(entries.map((entry) => store.append([entry], { complete: false })));
    expect(ids(await store.ofAuthor(maker.author, maker.incarnation, 1, 1000))).toEqual(ids(entries));
  });
}

function following(current: () => EntryStore): void {
  test("ofAuthor gives a run from a number on", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const entries = Array.from({ length: 10 }, () => maker.next());
    await store.append(entries, { complete: false });
    expect(ids(await store.ofAuthor(maker.author, maker.incarnation, 4, 3))).toEqual(
      ids(entries.slice(3, 6)),
    );
    expect(await store.ofAuthor(maker.author, maker.incarnation, 11, 3)).toEqual([]);
  });

  test("since follows the order of arrival in pages", async () => {
    const store = current();
    const makers = [new EntryMaker(1), new EntryMaker(2)];
    const entries = Array.from({ length: 20 }, (_, index) => (makers[index % 2] as EntryMaker).next());
    for (const entry of entries) await store.append([entry], { complete: false });
    const seen: EntryRecord[] = [];
    for (
      let page = await store.since(0, 7);
      page.length > 0;
      page = await store.since(seen.at(-1)?.arrival ?? 0, 7)
    ) {
      seen.push(...page);
    }
    expect(ids(seen)).toEqual(ids(entries));
    expect(seen.every((record, index) => record.arrival > (seen[index - 1]?.arrival ?? 0))).toBe(true);
  });

  test("entries with content are incomplete until they are said to be complete", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const [one, empty, two] = [maker.next(), maker.next({ content: null }), maker.next()];
    const removal = maker.next({ op: "remove" });
    await store.append([one, empty, two, removal], { complete: false });
    expect(ids(await store.incomplete(0, 10))).toEqual([one.id, two.id]);
    expect((await store.get(empty.id))?.complete).toBe(true);
    await store.markComplete([one.id]);
    expect(ids(await store.incomplete(0, 10))).toEqual([two.id]);
    expect((await store.get(one.id))?.complete).toBe(true);
    await store.append([two], { complete: true });
    expect(await store.incomplete(0, 10)).toEqual([]);
    const later = maker.next();
    await store.append([later], { complete: true });
    expect((await store.get(later.id))?.complete).toBe(true);
  });
}

function superseding(current: () => EntryStore): void {
  test("a version that has seen another supersedes it; those that have not are both heads", async () => {
    const store = current();
    const [left, right] = [new EntryMaker(1), new EntryMaker(2)];
    const first = left.next();
    await store.append([first], { complete: false });
    const seen: VersionVector = [first.body.dot];
    const [mine, theirs] = [left.next({ context: seen }), right.next({ context: seen })];
    await store.append([mine], { complete: false });
    await store.append([theirs], { complete: false });
    expect(ids(await store.heads(SPACE, KEY)).sort()).toEqual([mine.id, theirs.id].sort());
    const merged = left.next({ context: mergeVectors([mine.body.dot], [theirs.body.dot]) });
    await store.append([merged], { complete: false });
    expect(ids(await store.heads(SPACE, KEY))).toEqual([merged.id]);
    expect(await store.heads(SPACE, madeKeyId("other"))).toEqual([]);
    expect(await store.heads(madeSpace(1), KEY)).toEqual([]);
  });

  test("a version that arrives after the one that supersedes it is no head", async () => {
    const store = current();
    const [left, right] = [new EntryMaker(1), new EntryMaker(2)];
    const first = left.next();
    const second = right.next({ context: [first.body.dot] });
    await store.append([second], { complete: false });
    await store.append([first], { complete: false });
    expect(ids(await store.heads(SPACE, KEY))).toEqual([second.id]);
  });

  test("versions come newest first", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const entries = [5, 300, 4, 2, 70_000].map((timeMs) => maker.next({ timeMs }));
    await store.append(entries, { complete: false });
    const times: number[] = [];
    for await (const { entry } of store.versions(SPACE, KEY)) times.push(entry.body.time.wallMs);
    expect(times).toEqual([70_000, 300, 5, 4, 2]);
  });

  test("versions go on behind any place, whether a version stands there or not", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const entries = [5, 300, 5, 5, 2, 70_000].map((timeMs) => maker.next({ timeMs }));
    await store.append(entries, { complete: false });
    const all: EntryRecord[] = [];
    for await (const record of store.versions(SPACE, KEY)) all.push(record);
    for (const [index, { entry, arrival }] of all.entries()) {
      const rest: EntryRecord[] = [];
      const behind = { time: entry.body.time, arrival };
      for await (const record of store.versions(SPACE, KEY, { behind })) rest.push(record);
      expect(ids(rest)).toEqual(ids(all.slice(index + 1)));
    }
    const times: number[] = [];
    const behind = { time: { wallMs: 300, logical: 0 }, arrival: 0 };
    for await (const { entry } of store.versions(SPACE, KEY, { behind })) times.push(entry.body.time.wallMs);
    expect(times).toEqual([5, 5, 5, 2]);
  });

  test("entries are found by how their ids begin, to the digit", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const entries = Array.from({ length: 200 }, (_, index) => maker.next({ key: `key ${index}` }));
    await store.append(entries, { complete: false });
    const all = ids(entries).sort();
    for (const length of [4, 5, 6, 7, 20, 68]) {
      const prefix = (all[77] as string).slice(0, length);
      const found: EntryRecord[] = [];
      for await (const record of store.withIdPrefix(prefix)) found.push(record);
      expect(ids(found)).toEqual(all.filter((id) => id.startsWith(prefix)));
    }
  });
}

/** Any history, in any order that the authors' numbers allow: the same heads as the plain definition in memory. */
function agreeing(open: () => Promise<EntryStoreUnderTest>): void {
  const writes = fc.array(fc.record({ author: fc.nat(2), key: fc.nat(1), sees: fc.array(fc.nat(20)) }), {
    maxLength: 20,
  });
  test("heads and vector are those of the definition, for any history", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(writes, fc.infiniteStream(fc.nat(2)), async (history, turns) => {
        const makers = [new EntryMaker(1), new EntryMaker(2), new EntryMaker(3)];
        const queues: Entry[][] = makers.map(() => []);
        const written: Entry[] = [];
        for (const { author, key, sees } of history) {
          const seen = sees.flatMap((index) => written[index % Math.max(1, written.length)] ?? []);
          const same = seen.filter((entry) => entry.body.keyId === madeKeyId(String(key)));
          const own = written.filter((entry) => entry.body.dot.author === makers[author]?.author);
          const before = own.filter((entry) => entry.body.keyId === madeKeyId(String(key)));
          const context = mergeVectors(
            ...[...same, ...before].map((entry) => mergeVectors(entry.body.context, [entry.body.dot])),
          );
          const entry = (makers[author] as EntryMaker).next({ key: String(key), context });
          written.push(entry);
          queues[author]?.push(entry);
        }
        const tested = await open();
        const plain = new MemoryEntryStore();
        while (queues.some((queue) => queue.length > 0)) {
          const entry = queues[turns.next().value as number]?.shift();
          if (entry)
            for (const store of [tested.store, plain]) await store.append([entry], { complete: false });
        }
        for (const key of ["0", "1"]) {
          const heads = ids(await tested.store.heads(SPACE, madeKeyId(key))).sort();
          expect(heads).toEqual(ids(await plain.heads(SPACE, madeKeyId(key))).sort());
        }
        const sorted = async (store: EntryStore): Promise<string[]> =>
          (await store.vector()).map((one) => JSON.stringify(one)).sort();
        expect(await sorted(tested.store)).toEqual(await sorted(plain));
        await tested.close();
      }),
      { numRuns: 15 },
    );
  });
}
