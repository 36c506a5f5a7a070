import { type PeerId, type PlacementId, peerIdOfPublicKey, placementIdFromBytes } from "@gstore/core";
import { SeededRandom } from "@gstore/testing";
import type { Candidate } from "../../src/placement/rank-holders.ts";

/** The node of that number. */
export function memberOf(number: number): PeerId {
  const key = Buffer.alloc(32);
  key.writeUInt32BE(number);
  return peerIdOfPublicKey(key);
}

export function candidate(number: number, weight = 1e11, zone: string | null = null): Candidate {
  return { peer: memberOf(number), weight, zone };
}

export function placementsOf(seed: string, count: number): PlacementId[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => placementIdFromBytes(random.bytes(16)));
}
