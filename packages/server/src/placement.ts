import {
  COPIES_DEFAULT,
  type Digest,
  digestOf,
  type EntryBody,
  idToBytes,
  type PeerId,
  type PlacementId,
  publicKeyOfPeerId,
} from "@gstore/core";

/** Policy classes 1 to this one mean "that many copies"; 0 is the network's default. Classes above are for policies by prefix. */
export const FIXED_COPIES_CLASS_MAX = 64;

/** Copies wanted of a version of this policy class among so many members. */
export function copiesWanted(policyClass: number, memberCount: number): number {
  const copies = policyClass >= 1 && policyClass <= FIXED_COPIES_CLASS_MAX ? policyClass : COPIES_DEFAULT;
  return Math.max(1, Math.min(copies, memberCount));
}

/** Copies below which a version is in danger: two, or one where only one is wanted. */
export function copiesMin(policyClass: number, memberCount: number): number {
  return Math.min(2, copiesWanted(policyClass, memberCount));
}

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

/** Whether `member` is among those who should hold a copy of an entry's version. */
export function shouldHold(member: PeerId, body: EntryBody, members: readonly PeerId[]): boolean {
  const wanted = copiesWanted(body.policyClass, members.length);
  if (wanted >= members.length) return members.includes(member);
  return rankHolders(body.placement, members).slice(0, wanted).includes(member);
}
