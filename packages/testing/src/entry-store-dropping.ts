import type { Entry, EntryStore } from "@gstore/core";
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
