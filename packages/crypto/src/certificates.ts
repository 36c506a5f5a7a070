import { sign, verify } from "node:crypto";
import {
  type Admission,
  CERTIFICATE_CHAIN_MAX,
  type CertificateChain,
  type Digest,
  decodeMembershipRecord,
  encodeMembershipBody,
  encodeMembershipRecord,
  GstoreError,
  type MembershipRecord,
  membershipSigningBytes,
  type NetworkId,
  networkIdOfRootKey,
  type PeerId,
  peerIdOfPublicKey,
  type Role,
  type SpaceId,
} from "@gstore/core";
import { publicKeyOfRaw } from "./asymmetric-keys.ts";
import type { NodeIdentity } from "./identity.ts";
import type { NetworkSecrets } from "./network-file.ts";

export interface CertificateRequest {
  readonly secrets: Pick<NetworkSecrets, "networkId" | "rootPublicKey" | "rootPrivateKey">;
  /** Whom to admit: of its identity only what is public. */
  readonly identity: Pick<NodeIdentity, "peerId" | "agreementPublicKey">;
  readonly role: Role;
  readonly name: string;
  /** Spaces the role holds in; null for all. */
  readonly spaces: readonly SpaceId[] | null;
  /** Heads of the membership log that this record follows, in any order; none for the first. */
  readonly parents: readonly Digest[];
  readonly timeMs: number;
}

/** Admits a member by the root's word. The record is its certificate: a chain of one. Throws `INVALID_FORMAT` and the like for a request that makes no valid record. */
export function issueCertificate(request: CertificateRequest): MembershipRecord {
  const bodyBytes = encodeMembershipBody({
    network: request.secrets.networkId,
    parents: [...new Set(request.parents)].sort(),
    issuer: request.secrets.rootPublicKey,
    timeMs: request.timeMs,
    operation: {
      op: "admit",
      member: request.identity.peerId,
      agreementKey: request.identity.agreementPublicKey,
      role: request.role,
      name: request.name,
      spaces: request.spaces,
    },
  });
  const signature = sign(null, membershipSigningBytes(bodyBytes), request.secrets.rootPrivateKey);
  // Decoded again, so that nothing is issued that others would refuse.
  return decodeMembershipRecord(encodeMembershipRecord(bodyBytes, signature));
}

/**
 * Checks a chain on its own: every record is of this network and signed by its issuer, each issuer is admitted as admin
 * by the next record for at least the spaces it gives, the last issuer is the root. Gives the subject's admission.
 * Throws `WRONG_NETWORK` or `CERTIFICATE_INVALID`. Whether the member was removed since is the membership log's to say.
 */
export function verifyCertificate(
  chain: CertificateChain,
  expected: { readonly networkId: NetworkId; readonly subject: PeerId },
): Admission {
  const [first] = chain;
  if (first === undefined || chain.length > CERTIFICATE_CHAIN_MAX) {
    throw refusal(`has ${chain.length} records, not 1 to ${CERTIFICATE_CHAIN_MAX}`);
  }
  for (const [index, record] of chain.entries()) {
    const issuer = chain[index + 1];
    if (issuer === undefined) verifyMembershipRecord(record, expected.networkId);
    else verifyLink(record, issuer, expected.networkId);
  }
  const admission = admissionOf(first);
  if (admission.member !== expected.subject) throw refusal("belongs to another node");
  return admission;
}

/** Checks a record of the membership log on its own: of this network, issued and signed by the root. Throws as {@link verifyCertificate}. */
export function verifyMembershipRecord(record: MembershipRecord, networkId: NetworkId): void {
  verifyNetwork(record, networkId);
  if (networkIdOfRootKey(record.body.issuer) !== networkId)
    throw refusal("does not lead to the network's root");
  verifySignature(record);
}

function verifyLink(record: MembershipRecord, issuer: MembershipRecord, networkId: NetworkId): void {
  verifyNetwork(record, networkId);
  const granted = admissionOf(issuer);
  if (granted.member !== peerIdOfPublicKey(record.body.issuer))
    throw refusal("is not in the order of its issuers");
  if (granted.role !== "admin") throw refusal("was issued by a member that is no admin");
  if (!coversSpaces(granted.spaces, admissionOf(record).spaces))
    throw refusal("gives spaces that its issuer has not");
  verifySignature(record);
}

function admissionOf(record: MembershipRecord): Admission {
  const { operation } = record.body;
  if (operation.op === "admit") return operation;
  throw refusal("holds a record that admits nobody");
}

function verifyNetwork(record: MembershipRecord, networkId: NetworkId): void {
  if (record.body.network === networkId) return;
  throw new GstoreError("WRONG_NETWORK", "The certificate is of another network.");
}

function verifySignature(record: MembershipRecord): void {
  const key = publicKeyOfRaw("ed25519", record.body.issuer);
  if (!verify(null, membershipSigningBytes(record.bodyBytes), key, record.signature)) {
    throw refusal("has a signature that is not its issuer's");
  }
}

function coversSpaces(granted: readonly SpaceId[] | null, given: readonly SpaceId[] | null): boolean {
  if (granted === null) return true;
  return given?.every((space) => granted.includes(space)) ?? false;
}

function refusal(reason: string): GstoreError {
  return new GstoreError("CERTIFICATE_INVALID", `The certificate ${reason}.`);
}
