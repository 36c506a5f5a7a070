import type { EntryStore } from "@gstore/core";
import { expect, test } from "vitest";
import { EntryMaker } from "./entry-maker.ts";

/** The part of {@link entryStoreCompliance} about what is told of many entries at once. */
export function overviewCompliance(current: () => EntryStore): void {
  test("nothing arrived after the last arrival", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    await store.append([maker.next(), maker.next()], { complete: true });
    const last = maker.next();
    await store.append([last], { complete: true });
    expect(await store.since(store.lastArrival(), 10)).toEqual([]);
    expect(store.lastArrival()).toBeGreaterThanOrEqual((await store.get(last.id))?.arrival ?? 0);
  });

  test("which of many entries are complete is told in their order, without those that are not here", async () => {
    const store = current();
    const maker = new EntryMaker(1);
    const [one, two, three] = [maker.next(), maker.next(), maker.next({ content: null })];
    const unknown = new EntryMaker(2).next();
    await store.append([one, two, three], { complete: false });
    await store.markComplete([one.id]);
    const asked = [three.id, unknown.id, two.id, one.id];
    expect(await store.completeOf(asked)).toEqual([three.id, one.id]);
    await store.markComplete([two.id]);
    await store.markDropped([one.id]);
    expect(await store.completeOf(asked)).toEqual([three.id, two.id]);
  });
}
