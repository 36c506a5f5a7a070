import { type Entry, type EntryStore, mergeVectors } from "@gstore/core";
import { expect, test } from "vitest";
import { EntryMaker } from "./entry-maker.ts";

/** The part of {@link entryStoreCompliance} about versions that a node holds no copy of on purpose. */
export function droppingCompliance(current: () => EntryStore): void {
  const stateOf = async (store: EntryStore, { id }: Entry): Promise<string> => {
    const record = await store.get(id);
    return record?.complete ? "complete" : record?.dropped ? "dropped" : "incomplete";
  };

  test("a dropped version is not complete, is listed as incomplete, and is complete again when that is said", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const [one, two, three] = [maker.next(), maker.next(), maker.next()];
    await store.append([one, two], { complete: true });
    await store.append([three], { complete: false });
    expect(await stateOf(store, one)).toBe("complete");
    await store.markDropped([one.id, three.id, one.id, new EntryMaker(2).next().id]);
    expect(await Promise.all([one, two, three].map((entry) => stateOf(store, entry)))).toEqual([
      ...["dropped", "complete", "dropped"],
    ]);
    const listed = await store.incomplete(0, 10);
    expect(listed.map(({ entry, dropped }) => [entry.id, dropped])).toEqual([
      [one.id, true],
      [three.id, true],
    ]);
    expect((await store.since(0, 10)).map(({ dropped }) => dropped)).toEqual([true, false, true]);
    await store.append([one], { complete: false });
    expect(await stateOf(store, one)).toBe("dropped");
    await store.markComplete([one.id]);
    await store.append([three], { complete: true });
    expect(await stateOf(store, one)).toBe("complete");
    expect(await stateOf(store, three)).toBe("complete");
    expect(await store.incomplete(0, 10)).toEqual([]);
  });

  test("what supersedes a version is noted, once, in whatever order they come", async () => {
    const store = current();
    const [one, other] = [new EntryMaker(1), new EntryMaker(2)];
    const first = one.next({ timeMs: 5 });
    const second = one.next({ context: [first.body.dot], timeMs: 70 });
    const third = one.next({ context: [second.body.dot], timeMs: 90 });
    const late = other.next({ timeMs: 1 });
    const last = one.next({ context: mergeVectors([third.body.dot], [late.body.dot]), timeMs: 100 });
    await store.append([first, second, third, last], { complete: true });
    await store.append([late], { complete: false });
    const [one1, two, three, four] = await store.since(0, 4);
    expect(one1?.superseded).toMatchObject({ writtenMs: 70, by: two?.arrival });
    expect(two?.superseded).toMatchObject({ writtenMs: 90, by: three?.arrival });
    expect(four?.superseded).toBeNull();
    expect((await store.get(late.id))?.superseded).toMatchObject({ writtenMs: 0, by: 0 });
    const until = Number.MAX_SAFE_INTEGER;
    const all = await store.superseded(until, { behind: null, limit: 10 });
    expect(all.map(({ entry }) => entry.id)).toEqual([first.id, second.id, third.id, late.id]);
    const place = { sinceMs: all[1]?.superseded?.sinceMs ?? 0, arrival: all[1]?.arrival ?? 0 };
    const rest = await store.superseded(until, { behind: place, limit: 1 });
    expect(rest.map(({ entry }) => entry.id)).toEqual([third.id]);
    expect(await store.superseded(1, { behind: null, limit: 10 })).toEqual([]);
  });

  test("an expired version is never complete again, and is listed no more", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const first = maker.next();
    const second = maker.next({ context: [first.body.dot] });
    await store.append([first, second], { complete: true });
    await store.markExpired([first.id]);
    await store.markComplete([first.id]);
    await store.append([first], { complete: true });
    expect(await store.get(first.id)).toMatchObject({ complete: false, dropped: true, expired: true });
    expect(await store.get(second.id)).toMatchObject({ complete: true, expired: false });
    expect(await store.incomplete(0, 10)).toEqual([]);
    expect(await store.superseded(Number.MAX_SAFE_INTEGER, { behind: null, limit: 10 })).toEqual([]);
    expect(await store.heads(second.body.space, second.body.keyId)).toHaveLength(1);
  });

  test("what is to be erased is listed until that was done", async () => {
    const store = current();
    const [one, other] = [new EntryMaker(1), new EntryMaker(2)];
    const first = one.next();
    const late = other.next();
    const context = mergeVectors([first.body.dot], [late.body.dot]);
    const erasure = one.next({ context, op: "remove", erases: true });
    const after = one.next({ context: mergeVectors(context, [erasure.body.dot]) });
    await store.append([first, erasure, after], { complete: true });
    await store.append([late], { complete: true });
    const list = async (): Promise<Entry["id"][]> =>
      (await store.erasing(0, 10)).map(({ entry }) => entry.id);
    expect(await list()).toEqual([erasure.id, late.id]);
    expect((await store.erasing(2, 1)).map(({ entry }) => entry.id)).toEqual([late.id]);
    await store.markErased([erasure.id, first.id]);
    expect(await list()).toEqual([late.id]);
    await store.append([erasure], { complete: true });
    expect(await list()).toEqual([late.id]);
  });

  test("an entry without content can't be dropped", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const [empty, removal] = [maker.next({ content: null }), maker.next({ op: "remove" })];
    await store.append([empty, removal], { complete: false });
    await store.markDropped([empty.id, removal.id]);
    expect(await stateOf(store, empty)).toBe("complete");
    expect(await stateOf(store, removal)).toBe("complete");
  });
}
