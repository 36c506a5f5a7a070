import { digestOf, idToBytes, type PeerId, type PlacementId, publicKeyOfPeerId } from "@gstore/core";
import { fixedNegativeLog2 } from "./fixed-log.ts";

/** A member that may hold a version, as placing sees it. */
export interface Candidate {
  readonly peer: PeerId;
  /** Its capacity in bytes: of two, the one of twice the weight holds twice as much. */
  readonly weight: number;
  /** Where it stands; null where nobody said. */
  readonly zone: string | null;
}

/**
 * Candidates in the order in which they should hold a placement, docs/spec/placement.md: weighted rendezvous hashing
 * (Thaler and Ravishankar, 1998; weights after Schindelhauer and Schomaker, "Weighted distributed hash tables", 2005). Every
 * node with the same members finds the same order, and a change of members or weights moves only what it must.
 */
export function rankHolders(placement: PlacementId, candidates: readonly Candidate[]): Candidate[] {
  HASHED.set(idToBytes(placement), 0);
  const scored = candidates.map((candidate) => {
    HASHED.set(publicKeyOfPeerId(candidate.peer), PLACEMENT_BYTES);
    const digits = digestOf(HASHED).slice(4);
    return { candidate, digits, score: scoreOf(digits, candidate.weight) };
  });
  scored.sort((left, right) => left.score - right.score || (left.digits < right.digits ? -1 : 1));
  return scored.map(({ candidate }) => candidate);
}

/** The lower the better. A quotient of whole numbers is the same double everywhere. */
function scoreOf(digits: string, weight: number): number {
  if (weight <= 0) return Number.MAX_VALUE;
  return fixedNegativeLog2(Number.parseInt(digits.slice(0, DRAWN_DIGITS), 16) + 1) / weight;
}

/** 52 bits: what a double holds exactly with one added. */
const DRAWN_DIGITS = 13;
const PLACEMENT_BYTES = 16;
/** Filled anew for each hash: ranking never waits for anything. */
const HASHED = Buffer.alloc(PLACEMENT_BYTES + 32);
