import {
  type Digest,
  digestOf,
  idToBytes,
  type PeerId,
  type PlacementId,
  publicKeyOfPeerId,
} from "@gstore/core";

/**
 * Members in the order in which they should hold a placement: rendezvous hashing (Thaler and Ravishankar, 1998), so that
 * every node with the same member list finds the same order, and a change of members moves only what it must.
 */
export function rankHolders(placement: PlacementId, members: Iterable<PeerId>): PeerId[] {
  const placementBytes = idToBytes(placement);
  const scored: { member: PeerId; score: Digest }[] = [];
  for (const member of members) {
    scored.push({ member, score: digestOf(Buffer.concat([placementBytes, publicKeyOfPeerId(member)])) });
  }
  return scored.sort((left, right) => (left.score < right.score ? 1 : -1)).map(({ member }) => member);
}
