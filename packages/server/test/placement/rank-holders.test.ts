import { readFileSync } from "node:fs";
import { type PeerId, peerIdOfPublicKey, placementIdFromBytes } from "@gstore/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseHolders } from "../../src/placement/choose-holders.ts";
import { fixedNegativeLog2 } from "../../src/placement/fixed-log.ts";
import { type Candidate, rankHolders } from "../../src/placement/rank-holders.ts";
import { candidate, placementsOf } from "../support/placing.ts";

const candidates: fc.Arbitrary<Candidate[]> = fc.uniqueArray(
  fc
    .tuple(fc.nat(1_000_000), fc.constantFrom(0, 1e9, 1e11, 2e12), fc.constantFrom("home", "office", null))
    .map(([number, weight, zone]) => candidate(number, weight, zone)),
  { minLength: 1, maxLength: 20, selector: ({ peer }) => peer },
);
const placement = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(placementIdFromBytes);
const rules = fc.record({ copies: fc.integer({ min: 1, max: 8 }), zones: fc.integer({ min: 1, max: 4 }) });

describe("the vectors of docs/spec/placement.md", () => {
  const vectors = JSON.parse(
    readFileSync(new URL("../vectors/placement.json", import.meta.url), "utf8"),
  ) as Vectors;
  const members = vectors.members.map(({ key, weight, zone }) => ({
    peer: peerIdOfPublicKey(Buffer.from(key, "hex")),
    ...{ weight, zone },
  }));
  const names = (found: readonly Candidate[]) =>
    found.map(({ peer }) => vectors.members[members.findIndex((one) => one.peer === peer)]?.name).join("");

  test.each(vectors.logs)("the logarithm of %d", (x, log) => {
    expect(fixedNegativeLog2(x)).toBe(log);
  });

  test.each(vectors.placements)("the holders of $placement", (said) => {
    const ranked = rankHolders(placementIdFromBytes(Buffer.from(said.placement, "hex")), members);
    const required = [(members[3] as Candidate).peer];
    expect(names(ranked)).toBe(said.ranked);
    expect(names(chooseHolders(ranked, { copies: 3, zones: 1, required: [] }))).toBe(said.three);
    expect(names(chooseHolders(ranked, { copies: 2, zones: 2, required: [] }))).toBe(said.twoInTwoZones);
    expect(names(chooseHolders(ranked, { copies: 3, zones: 2, required }))).toBe(said.threeWithD);
  });
});

interface Vectors {
  readonly logs: [number, number][];
  readonly members: { name: string; key: string; weight: number; zone: string | null }[];
  readonly placements: Record<"placement" | "ranked" | "three" | "twoInTwoZones" | "threeWithD", string>[];
}

test("the logarithm is within a ten-thousandth of the true one, and never rises", () => {
  const drawn = fc.oneof(
    fc.bigInt({ min: 1n, max: 2n ** 52n }),
    fc.bigInt({ min: 2n ** 51n, max: 2n ** 52n }),
  );
  fc.assert(
    fc.property(drawn.map(Number), (x) => {
      const exact = -Math.log2(x / 2 ** 52) * 2 ** 32;
      expect(Math.abs(fixedNegativeLog2(x) - exact)).toBeLessThanOrEqual(exact * 5e-4 + 4);
      if (x > 1) expect(fixedNegativeLog2(x)).toBeLessThanOrEqual(fixedNegativeLog2(x - 1));
    }),
  );
});

describe("the rank of holders", () => {
  test("is the same in whatever order a node knows the members", () => {
    const shuffled = candidates.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(placement, shuffled, rules, (id, [list, other], said) => {
        const ranked = rankHolders(id, list);
        expect(rankHolders(id, other)).toEqual(ranked);
        expect(new Set(ranked)).toEqual(new Set(list));
        const holders = { ...said, required: [] };
        expect(chooseHolders(rankHolders(id, other), holders)).toEqual(chooseHolders(ranked, holders));
      }),
    );
  });

  test("changes only by the member that leaves: the others keep their order", () => {
    fc.assert(
      fc.property(placement, candidates, fc.nat(), (id, list, at) => {
        const gone = list[at % list.length];
        const left = list.filter((member) => member !== gone);
        expect(rankHolders(id, left)).toEqual(rankHolders(id, list).filter((member) => member !== gone));
      }),
    );
  });

  test("gives the fullest of 10 equal nodes at most 1.15 times the mean, of 1,000 versions as of 10,000", () => {
    const nodes = Array.from({ length: 10 }, (_, index) => candidate(index));
    for (const count of [1_000, 10_000]) {
      const held = shares(nodes, placementsOf("placement", count), 3);
      expect(Math.max(...held.values())).toBeLessThanOrEqual(1.15 * 0.3 * count);
    }
  });

  test("moves at most 1.2 of an eleventh of the copies, and only to it, when an eleventh node comes", () => {
    const nodes = Array.from({ length: 10 }, (_, index) => candidate(index));
    const newcomer = candidate(10);
    let moved = 0;
    const placements = placementsOf("movement", 2_000);
    for (const id of placements) {
      const before = rankHolders(id, nodes).slice(0, 3);
      const gained = rankHolders(id, [...nodes, newcomer])
        .slice(0, 3)
        .filter((holder) => !before.includes(holder));
      expect(gained.every((holder) => holder === newcomer)).toBe(true);
      moved += gained.length;
    }
    expect(moved).toBeLessThanOrEqual(((1.2 * 3) / 11) * placements.length);
    expect(moved).toBeGreaterThan(((0.8 * 3) / 11) * placements.length);
  });

  test("shares single copies out as the capacities 1 : 2 : 4 are", () => {
    const nodes = [candidate(0, 250e9), candidate(1, 500e9), candidate(2, 1000e9), candidate(3, 0)];
    const held = shares(nodes, placementsOf("weights", 7_000), 1);
    const counts = nodes.map(({ peer }) => held.get(peer) ?? 0);
    for (const [index, share] of [1000, 2000, 4000].entries())
      expect(Math.abs((counts[index] as number) - share)).toBeLessThan(0.1 * share);
    expect(counts[3]).toBe(0);
  });

  test("moves copies only to the node that grew", () => {
    const before = [candidate(0), candidate(1), candidate(2), candidate(3)];
    const after = [candidate(0), candidate(1), candidate(2, 2e11), candidate(3)];
    for (const id of placementsOf("growth", 500)) {
      const had = chooseHolders(rankHolders(id, before), { copies: 2, zones: 1, required: [] });
      const has = chooseHolders(rankHolders(id, after), { copies: 2, zones: 1, required: [] });
      const gained = has.filter(({ peer }) => !had.some((holder) => holder.peer === peer));
      expect(gained.every(({ peer }) => peer === after[2]?.peer)).toBe(true);
    }
  });
});

describe("the holders chosen", () => {
  test("are as many as are wanted, required ones first of all, in as many zones as there are", () => {
    fc.assert(
      fc.property(placement, candidates, rules, fc.nat(), (id, list, { copies, zones }, at) => {
        const required = [(list[at % list.length] as Candidate).peer];
        const holders = chooseHolders(rankHolders(id, list), { copies, zones, required });
        expect(holders).toHaveLength(Math.min(copies, list.length));
        expect(holders.map(({ peer }) => peer)).toContain(required[0]);
        const reachable = Math.min(zones, zonesOf(list), copies - 1);
        expect(zonesOf(holders)).toBeGreaterThanOrEqual(reachable);
      }),
    );
  });

  test("of two copies in two zones lie in two, wherever most nodes stand", () => {
    const nodes = [candidate(0, 4e12, "home"), candidate(1, 4e12, "home"), candidate(2, 1e9, "office")];
    for (const id of placementsOf("zones", 200)) {
      const holders = chooseHolders(rankHolders(id, nodes), { copies: 2, zones: 2, required: [] });
      expect(holders.map(({ zone }) => zone).sort()).toEqual(["home", "office"]);
    }
  });
});

function zonesOf(list: readonly Candidate[]): number {
  return new Set(list.map(({ zone }) => zone).filter((zone) => zone !== null)).size;
}

function shares(nodes: readonly Candidate[], placements: ReturnType<typeof placementsOf>, copies: number) {
  const held = new Map<PeerId, number>();
  for (const id of placements)
    for (const { peer } of rankHolders(id, nodes).slice(0, copies)) held.set(peer, (held.get(peer) ?? 0) + 1);
  return held;
}
