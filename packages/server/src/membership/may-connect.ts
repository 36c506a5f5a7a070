import {
  type CertificateChain,
  GstoreError,
  type MembershipState,
  type PeerId,
  peerIdOfPublicKey,
} from "@gstore/core";

const VOID: readonly unknown[] = ["overruled", "unauthorised", "impossible"];

/**
 * Whether a peer that shows this chain may come in, by what this node knows; the chain itself was checked. One that is not
 * known yet may: the log that admits it comes with it. But where an admin lost its rights, all that it did before came with
 * that news; whoever shows an admission by it that is not here was admitted afterwards, or behind everybody's back. Throws
 * `NOT_A_MEMBER`.
 */
export function assertMayConnect(state: MembershipState, peer: PeerId, chain: CertificateChain): void {
  if (state.members.has(peer)) return;
  if (state.removed.has(peer)) throw refusal(peer, "was removed from the network");
  for (const { id, body } of chain) {
    const issuer = peerIdOfPublicKey(body.issuer);
    const role = state.members.get(issuer)?.role;
    const isVoid = VOID.includes(state.statuses.get(id)?.status);
    if (isVoid || state.removed.has(issuer) || (role !== undefined && role !== "admin"))
      throw refusal(peer, "was admitted by a node that had no right to");
    // What that admin's own right stands on is the log's matter, and past.
    if (role === "admin") return;
  }
}

function refusal(peer: PeerId, why: string): GstoreError {
  return new GstoreError("NOT_A_MEMBER", `That node ${why}.`, { peer });
}
