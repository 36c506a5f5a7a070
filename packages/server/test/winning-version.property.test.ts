import { compareTimes, type EntryRecord } from "@gstore/core";
import { EntryMaker } from "@gstore/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { winningVersion } from "../src/winning-version.ts";

const made = fc.record({
  author: fc.integer({ min: 1, max: 4 }),
  incarnation: fc.integer({ min: 0, max: 1 }),
  timeMs: fc.integer({ min: 1, max: 3 }),
  op: fc.constantFrom("put" as const, "remove" as const),
  sealedBytes: fc.integer({ min: 1, max: 30 }),
});
const heads: fc.Arbitrary<EntryRecord[]> = fc
  .uniqueArray(made, {
    maxLength: 8,
    selector: ({ author, incarnation, timeMs, op, sealedBytes }) =>
      [author, incarnation, timeMs, op, sealedBytes].join(),
  })
  .map((list) =>
    list.map(({ author, incarnation, ...rest }, index) => ({
      entry: new EntryMaker(author, incarnation).next(rest),
      arrival: index + 1,
      complete: false,
      dropped: false,
      expired: false,
      superseded: null,
    })),
  );

describe("the winning version", () => {
  test("is none of none", () => {
    expect(winningVersion([])).toBeUndefined();
  });

  test("is the same in whatever order the heads are known", () => {
    const orders = heads.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(orders, ([list, other]) => {
        expect(winningVersion(other)?.entry.id).toBe(winningVersion(list)?.entry.id);
      }),
    );
  });

  test("is an edit wherever there is one, and the latest of the edits", () => {
    fc.assert(
      fc.property(heads, (list) => {
        const winner = winningVersion(list)?.entry.body;
        const edits = list.filter(({ entry }) => entry.body.op === "put");
        if (edits.length > 0) expect(winner?.op).toBe("put");
        for (const { entry } of edits) {
          if (winner) expect(compareTimes(winner.time, entry.body.time)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  test("does not depend on how the entries arrived", () => {
    const [one, two] = [new EntryMaker(1).next({ timeMs: 5 }), new EntryMaker(2).next({ timeMs: 5 })];
    const record = (entry: typeof one, arrival: number) => ({
      entry,
      arrival,
      complete: false,
      dropped: false,
      expired: false,
      superseded: null,
    });
    const first = winningVersion([record(one, 1), record(two, 2)]);
    const second = winningVersion([record(one, 2), record(two, 1)]);
    expect(second?.entry.id).toBe(first?.entry.id);
  });
});
