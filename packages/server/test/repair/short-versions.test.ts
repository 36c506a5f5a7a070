import { digestOf, type EntryId } from "@gstore/core";
import { expect, test } from "vitest";
import { type ShortVersion, ShortVersions } from "../../src/repair/short-versions.ts";

const version = (number: number): EntryId => digestOf(Buffer.from(String(number)));
const short = (number: number, copies: number, dueMs = 0): ShortVersion => ({
  ...{ version: version(number), copies, dueMs, isStuck: false },
  ...{ belowMinSinceMs: copies < 2 ? 0 : null, belowCopiesSinceMs: 0, lostSinceMs: null },
});

test("those with the fewest copies come first, of those whose time has come", () => {
  const all = new ShortVersions();
  for (const one of [short(1, 2), short(2, 1), short(3, 1, 50), short(4, 2)]) all.set(one);
  expect(all.due(0).map((one) => one.version)).toEqual([version(2), version(1), version(4)]);
  expect(all.due(50).map((one) => one.version)).toEqual([version(2), version(3), version(1), version(4)]);
  expect(all.belowMin).toBe(2);
});

test("a version that gets a copy is no longer among those with fewer", () => {
  const all = new ShortVersions();
  all.set(short(1, 1));
  all.set(short(2, 2));
  all.set(short(1, 2));
  expect(all.size).toBe(2);
  expect(all.due(0).map((one) => one.version)).toEqual([version(2), version(1)]);
  all.delete(version(2));
  expect(all.get(version(1))?.copies).toBe(2);
});

test("of too many those with the most copies are forgotten, until there is room to find them again", () => {
  const all = new ShortVersions(4);
  for (let number = 0; number < 4; number++) all.set(short(number, 2));
  all.set(short(9, 1));
  expect(all.size).toBe(4);
  expect(all.due(0)[0]?.version).toBe(version(9));
  expect(all.hasRoomForForgotten).toBe(false);
  for (const { version: id } of all.due(0).slice(0, 2)) all.delete(id);
  expect(all.hasRoomForForgotten).toBe(true);
  all.walkBegins();
  expect(all.hasRoomForForgotten).toBe(false);
});

test("what nobody could take is not due until somebody comes", () => {
  const all = new ShortVersions();
  all.set({ ...short(1, 1), isStuck: true });
  expect(all.due(0)).toEqual([]);
  all.unstick();
  expect(all.due(0).length).toBe(1);
});
