import {
  type Digest,
  digestOf,
  digestToBytes,
  idToBytes,
  keyedHashOf,
  type PeerId,
  publicKeyOfPeerId,
  type SpaceId,
} from "@gstore/core";
import { LABELS } from "./labels.ts";

/** Bytes of a challenge's nonce, and of a proof. */
export const CHALLENGE_NONCE_BYTES = 32;
export const POSSESSION_PROOF_BYTES = 32;

/** What a proof of possession answers: asked once, by one member, of one holder. */
export interface PossessionChallenge {
  /** `CHALLENGE_NONCE_BYTES` that the challenger has just drawn. */
  readonly nonce: Uint8Array;
  readonly challenger: PeerId;
  readonly holder: PeerId;
  readonly space: SpaceId;
}

/**
 * Proves that a blob's bytes are at hand now. docs/spec/messages.md. The hash is keyed, not one over a nonce in front of the
 * bytes: of BLAKE3's tree all but the first leaf would then be the same for every nonce, and who kept a few inner hashes
 * would need no blob.
 */
export function provePossession(
  challenge: PossessionChallenge,
  digest: Digest,
  blob: Uint8Array,
): Uint8Array {
  const { nonce, challenger, holder, space } = challenge;
  const bound = [
    LABELS.possession,
    nonce,
    publicKeyOfPeerId(challenger),
    publicKeyOfPeerId(holder),
    idToBytes(space),
    digestToBytes(digest),
  ];
  return keyedHashOf(digestToBytes(digestOf(Buffer.concat(bound))), blob);
}
