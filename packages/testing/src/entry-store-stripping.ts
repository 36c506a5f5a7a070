import { type Entry, type EntryRecord, type EntryStore, strippedEntry } from "@gstore/core";
import { expect, test } from "vitest";
import { EntryMaker } from "./entry-maker.ts";

/** The part of {@link entryStoreCompliance} about entries whose sealed metadata is taken away. */
export function strippingCompliance(current: () => EntryStore): void {
  const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");
  const read = async (store: EntryStore, { id }: Entry): Promise<string> =>
    hex((await store.get(id))?.entry.bytes);
  const first = async (records: AsyncIterable<EntryRecord>): Promise<Entry | undefined> => {
    for await (const { entry } of records) return entry;
    return undefined;
  };
  const stripped = (entry: Entry): string => hex(strippedEntry(entry)?.bytes);

  test("a stripped entry stays where it was, without what was sealed", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const [one, two] = [maker.next({ sealedBytes: 3000 }), maker.next({ key: "other" })];
    await store.append([one, two], { complete: true });
    const [before] = await store.since(0, 1);
    await store.strip([one.id, one.id, new EntryMaker(2).next().id]);
    expect(await read(store, one)).toBe(stripped(one));
    expect(await store.get(one.id)).toMatchObject({
      ...{ complete: true, arrival: before?.arrival },
      entry: { id: one.id, signedRoot: one.signedRoot, body: { sealed: null, dot: one.body.dot } },
    });
    expect(await read(store, two)).toBe(hex(two.bytes));
    const found = [
      (await store.heads(one.body.space, one.body.keyId))[0]?.entry,
      (await store.ofAuthor(maker.author, maker.incarnation, 1, 1))[0],
      (await store.since(0, 1))[0]?.entry,
      await first(store.withIdPrefix(one.id)),
      await first(store.versions(one.body.space, one.body.keyId)),
    ];
    for (const entry of found) expect(hex(entry?.bytes)).toBe(stripped(one));
    // A whole one of somebody who does not know changes nothing.
    await store.append([one, maker.next()], { complete: true });
    expect(await read(store, one)).toBe(stripped(one));
    await store.strip([one.id]);
    expect(await read(store, one)).toBe(stripped(one));
    expect(await store.destroyStripped()).toBe(true);
    expect(store.count()).toBe(3);
  });

  test("what the versions of a key have seen is told, be it here or not", async () => {
    const store = current();
    const [one, two] = [new EntryMaker(1), new EntryMaker(2)];
    const { space, keyId, dot } = one.next().body;
    const later = { ...dot, counter: dot.counter + 1 };
    await store.append([two.next({ context: [dot] })], { complete: true });
    expect(await store.isSeen(space, keyId, dot)).toBe(true);
    expect(await store.isSeen(space, keyId, later)).toBe(false);
    expect(await store.isSeen(space, two.next({ key: "other" }).body.keyId, dot)).toBe(false);
  });

  test("an entry that comes stripped is taken, is listed for erasing, and can be made whole", async () => {
    const store = current();
    const [entry, other] = [new EntryMaker(1).next(), new EntryMaker(2).next()];
    await store.append([strippedEntry(entry) as Entry, other], { complete: false });
    expect((await store.erasing(0, 10)).map((record) => record.entry.id)).toEqual([entry.id]);
    await store.markErased([entry.id]);
    await store.unstrip([entry, other]);
    expect(await read(store, entry)).toBe(hex(entry.bytes));
    expect((await store.get(entry.id))?.complete).toBe(false);
    // It may have to be stripped again.
    expect((await store.erasing(0, 10)).map((record) => record.entry.id)).toEqual([entry.id]);
    await store.markComplete([entry.id]);
    await store.strip([entry.id]);
    expect(await read(store, entry)).toBe(stripped(entry));
    expect((await store.get(entry.id))?.complete).toBe(true);
  });
}
