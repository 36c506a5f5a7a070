import {
  type MembershipState,
  type PeerId,
  type PlacementId,
  placementIdFromBytes,
  spaceIdFromBytes,
} from "@gstore/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FIXED_COPIES_CLASS_MAX, Placement } from "../../src/placement/placement.ts";
import { memberOf } from "../support/placing.ts";

const placement: fc.Arbitrary<PlacementId> = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map(placementIdFromBytes);
const members: fc.Arbitrary<PeerId[]> = fc
  .uniqueArray(fc.nat(1_000_000), { minLength: 1, maxLength: 20 })
  .map((numbers) => numbers.map(memberOf));

describe("copies", () => {
  const wanted = (policyClass: number, memberCount: number) =>
    placementOver(Array.from({ length: memberCount }, (_, index) => memberOf(index))).wanted({
      space,
      policyClass,
    });

  test("are 3 by default, as many as the class says, and never more than there are members", () => {
    expect(wanted(0, 10).copies).toBe(3);
    expect(wanted(0, 2).copies).toBe(2);
    expect(wanted(5, 10).copies).toBe(5);
    expect(wanted(5, 4).copies).toBe(4);
    expect(wanted(FIXED_COPIES_CLASS_MAX, 100).copies).toBe(64);
    expect(wanted(FIXED_COPIES_CLASS_MAX + 1, 100).copies).toBe(3);
    expect(wanted(1, 0).copies).toBe(1);
  });

  test("are in danger below 2, or below 1 where one is wanted", () => {
    expect(wanted(0, 10).min).toBe(2);
    expect(wanted(0, 1).min).toBe(1);
    expect(wanted(1, 10).min).toBe(1);
    expect(wanted(7, 10).min).toBe(2);
  });

  test("are to be held by exactly as many members as are wanted, the same whoever asks", () => {
    fc.assert(
      fc.property(placement, members, fc.nat(10), (id, list, policyClass) => {
        const body = { space, placement: id, policyClass };
        const placed = placementOver(list);
        const holders = list.filter((member) => placed.shouldHold(member, body));
        expect(holders).toHaveLength(placed.wanted(body).copies);
        expect([...holders].sort()).toEqual(placed.ranked(body).slice(0, holders.length).sort());
        expect([...holders].sort()).toEqual(placed.holders(body).sort());
      }),
    );
  });

  test("are placed without some members as if these were none", () => {
    fc.assert(
      fc.property(placement, members, fc.nat(10), fc.nat(), (id, list, policyClass, at) => {
        const body = { space, placement: id, policyClass };
        const without = new Set([list[at % list.length] as PeerId]);
        const left = placementOver(list.filter((member) => !without.has(member)));
        expect(placementOver(list).holders(body, { without })).toEqual(left.holders(body));
        expect(placementOver(list).wanted(body, { without })).toEqual(left.wanted(body));
      }),
    );
  });
});

const space = spaceIdFromBytes(new Uint8Array(16));

function placementOver(list: readonly PeerId[]): Placement {
  return new Placement({
    holdersOf: () => [...list],
    state: { members: new Map(), spaces: new Map() } as unknown as MembershipState,
  });
}
