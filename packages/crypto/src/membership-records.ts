import { verify } from "node:crypto";
import {
  type Digest,
  decodeMembershipRecord,
  encodeMembershipBody,
  encodeMembershipRecord,
  GstoreError,
  type MembershipOperation,
  type MembershipRecord,
  membershipSigningBytes,
  type NetworkId,
} from "@gstore/core";
import { publicKeyOfRaw } from "./asymmetric-keys.ts";

/** Who signs records: a `RootKey` or an admin's `NodeIdentity`. */
export interface RecordSigner {
  /** Ed25519, raw 32 bytes. */
  readonly publicKey: Uint8Array;
  sign(bytes: Uint8Array): Uint8Array;
}

export interface RecordRequest {
  readonly signer: RecordSigner;
  readonly networkId: NetworkId;
  /** Heads of the membership log that the record follows, in any order; none for the first. */
  readonly parents: readonly Digest[];
  readonly operation: MembershipOperation;
  readonly timeMs: number;
}

/**
 * Signs a record of the membership log. Whether it counts is `evaluateMembership`'s to say. Throws `TOO_LARGE` or
 * `INVALID_FORMAT` and the like for what others would refuse to read.
 */
export function issueRecord({
  signer,
  networkId,
  parents,
  operation,
  timeMs,
}: RecordRequest): MembershipRecord {
  const bodyBytes = encodeMembershipBody({
    network: networkId,
    parents: [...new Set(parents)].sort(),
    issuer: signer.publicKey,
    timeMs,
    operation,
  });
  const signature = signer.sign(membershipSigningBytes(bodyBytes));
  // Decoded again, so that nothing is issued that others would refuse.
  return decodeMembershipRecord(encodeMembershipRecord(bodyBytes, signature));
}

/**
 * Checks that a record is of this network and signed by the issuer it names, nothing else. Throws `WRONG_NETWORK` or
 * `CERTIFICATE_INVALID`.
 */
export function verifyRecordSignature(record: MembershipRecord, networkId: NetworkId): void {
  if (record.body.network !== networkId)
    throw new GstoreError("WRONG_NETWORK", "The membership record is of another network.");
  const key = publicKeyOfRaw("ed25519", record.body.issuer);
  if (verify(null, membershipSigningBytes(record.bodyBytes), key, record.signature)) return;
  throw new GstoreError(
    "CERTIFICATE_INVALID",
    "The membership record has a signature that is not its issuer's.",
  );
}
