import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { type Digest, digestToBytes, type NetworkId } from "@gstore/core";

const KEY_BYTES = 32;
const ID_BYTES = 16;

/** What an invitation's secret gives: the id it is looked up by, and the key that proofs are made with. Neither gives the secret. */
export interface InviteKeys {
  readonly id: Uint8Array;
  readonly proofKey: Uint8Array;
}

/**
 * The keys of an invitation's secret in one network (HKDF-SHA256, RFC 5869, one label each): a ticket that names another
 * network than its issuer's redeems nothing.
 */
export function inviteKeys(secret: Uint8Array, network: NetworkId): InviteKeys {
  const salt = digestToBytes(network as string as Digest);
  return {
    id: derive(secret, { salt, label: "gstore invite id v2", length: ID_BYTES }),
    proofKey: derive(secret, { salt, label: "gstore invite proof v2", length: KEY_BYTES }),
  };
}

/**
 * Proves knowledge of an invitation's secret for one TLS session (its exporter value is `binding`) and one request: a
 * proof taken from one session or request is worth nothing in another.
 */
export function proveInvite(proofKey: Uint8Array, binding: Uint8Array, request: Uint8Array): Uint8Array {
  // The binding has a fixed length (32 bytes), so that no two pairs give one text.
  return createHmac("sha256", proofKey).update(binding).update(request).digest();
}

/** Whether a proof is right; takes as long for a wrong one. */
export function isInviteProof(proof: Uint8Array, ...proved: Parameters<typeof proveInvite>): boolean {
  const right = proveInvite(...proved);
  return proof.length === right.length && timingSafeEqual(proof, right);
}

function derive(
  secret: Uint8Array,
  { salt, label, length }: { readonly salt: Uint8Array; readonly label: string; readonly length: number },
): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, salt, label, length));
}
