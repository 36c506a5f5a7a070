import {
  type PeerId,
  type PlacementId,
  peerIdOfPublicKey,
  placementIdFromBytes,
  spaceIdFromBytes,
} from "@gstore/core";
import { SeededRandom } from "@gstore/testing";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FIXED_COPIES_CLASS_MAX, Placement } from "../../src/placement/placement.ts";
import { rankHolders } from "../../src/placement/rank-holders.ts";

const placement: fc.Arbitrary<PlacementId> = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map(placementIdFromBytes);
const members: fc.Arbitrary<PeerId[]> = fc
  .uniqueArray(fc.nat(1_000_000), { minLength: 1, maxLength: 20 })
  .map((numbers) => numbers.map(memberOf));

describe("the rank of holders", () => {
  test("is the same in whatever order a node knows the members", () => {
    const shuffled = members.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(placement, shuffled, (id, [list, other]) => {
        expect(rankHolders(id, other)).toEqual(rankHolders(id, list));
        expect([...rankHolders(id, list)].sort()).toEqual([...list].sort());
      }),
    );
  });

  test("changes only by the member that leaves: the others keep their order", () => {
    fc.assert(
      fc.property(placement, members, fc.nat(), (id, list, at) => {
        const gone = list[at % list.length];
        const left = list.filter((member) => member !== gone);
        expect(rankHolders(id, left)).toEqual(rankHolders(id, list).filter((member) => member !== gone));
      }),
    );
  });

  test("puts 3 copies of each of 10,000 versions on 10 nodes within 5 % of an equal share", () => {
    const random = new SeededRandom("placement");
    const nodes = Array.from({ length: 10 }, (_, index) => memberOf(index));
    const held = new Map<PeerId, number>(nodes.map((node) => [node, 0]));
    for (let version = 0; version < 10_000; version++) {
      const ranked = rankHolders(placementIdFromBytes(random.bytes(16)), nodes);
      for (const holder of ranked.slice(0, 3)) held.set(holder, (held.get(holder) ?? 0) + 1);
    }
    // Standard deviation of one node's share: sqrt(10,000 x 0.3 x 0.7) = 46 of 3,000, so that 5 % is over three of it.
    for (const count of held.values()) expect(Math.abs(count - 3000)).toBeLessThan(150);
  });

  test("moves about a share of the copies, and none between the old nodes, when an eleventh node comes", () => {
    const random = new SeededRandom("movement");
    const nodes = Array.from({ length: 10 }, (_, index) => memberOf(index));
    const newcomer = memberOf(10);
    let moved = 0;
    for (let version = 0; version < 2_000; version++) {
      const id = placementIdFromBytes(random.bytes(16));
      const before = rankHolders(id, nodes).slice(0, 3);
      const after = rankHolders(id, [...nodes, newcomer]).slice(0, 3);
      const gained = after.filter((holder) => !before.includes(holder));
      expect(gained.every((holder) => holder === newcomer)).toBe(true);
      moved += gained.length;
    }
    // 3 of 11 placements go to the newcomer: 545 of 2,000.
    expect(Math.abs(moved - 545)).toBeLessThan(100);
  });
});

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
  return new Placement({ holdersOf: () => [...list] });
}

function memberOf(number: number): PeerId {
  const key = Buffer.alloc(32);
  key.writeUInt32BE(number);
  return peerIdOfPublicKey(key);
}
