import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareDots,
  counterOf,
  coversDot,
  type Dot,
  type Incarnation,
  mergeVectors,
  type PeerId,
  type VersionVector,
} from "../../src/index.ts";

const dot: fc.Arbitrary<Dot> = fc.record({
  author: fc.constantFrom("12D3KooA", "12D3KooB", "12D3KooC") as fc.Arbitrary<PeerId>,
  incarnation: fc.constantFrom("00", "01") as fc.Arbitrary<Incarnation>,
  counter: fc.integer({ min: 1, max: 5 }),
});
const vector: fc.Arbitrary<VersionVector> = fc.array(dot, { maxLength: 8 }).map((dots) => mergeVectors(dots));

describe("version vectors", () => {
  test("a merge covers exactly what one of its parts covers", () => {
    fc.assert(
      fc.property(vector, vector, dot, (left, right, seen) => {
        expect(coversDot(mergeVectors(left, right), seen)).toBe(
          coversDot(left, seen) || coversDot(right, seen),
        );
      }),
    );
  });

  test("merging is commutative, associative and idempotent, to the byte", () => {
    fc.assert(
      fc.property(vector, vector, vector, (one, two, three) => {
        expect(mergeVectors(one, two)).toEqual(mergeVectors(two, one));
        expect(mergeVectors(mergeVectors(one, two), three)).toEqual(
          mergeVectors(one, mergeVectors(two, three)),
        );
        expect(mergeVectors(one, one)).toEqual(one);
      }),
    );
  });

  test("a merge is sorted and has every author's incarnation once", () => {
    fc.assert(
      fc.property(fc.array(dot), (dots) => {
        const merged = mergeVectors(dots);
        for (let index = 1; index < merged.length; index++) {
          expect(compareDots(merged[index - 1] as Dot, merged[index] as Dot)).toBeLessThan(0);
        }
      }),
    );
  });

  test("another incarnation of the same author is not covered", () => {
    const author = "12D3KooA" as PeerId;
    const seen: VersionVector = [{ author, incarnation: "00" as Incarnation, counter: 9 }];
    expect(coversDot(seen, { author, incarnation: "00" as Incarnation, counter: 9 })).toBe(true);
    expect(coversDot(seen, { author, incarnation: "00" as Incarnation, counter: 10 })).toBe(false);
    expect(coversDot(seen, { author, incarnation: "01" as Incarnation, counter: 1 })).toBe(false);
    expect(counterOf(seen, author, "01" as Incarnation)).toBe(0);
  });
});
