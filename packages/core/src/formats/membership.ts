import { type CborValue, decodeCbor, encodeCbor } from "../cbor.ts";
import { DIGEST_BYTES, type Digest, digestFromBytes, digestOf, digestToBytes } from "../digest.ts";
import { GstoreError } from "../errors.ts";
import { FieldReader } from "../field-reader.ts";
import { ID_BYTES, type NetworkId } from "../ids.ts";
import { CERTIFICATE_CHAIN_MAX, MEMBERSHIP_PARENTS_MAX, MEMBERSHIP_RECORD_BYTES_MAX } from "../limits.ts";
import { encodeOperation, type MembershipOperation } from "./membership-operation.ts";
import { decodeOperation } from "./membership-operation-decoder.ts";

/** The format version of membership records, docs/spec/membership.md. */
export const MEMBERSHIP_VERSION = 1;
const SIGNATURE_BYTES = 64;

/** The signed part of a membership record: one node of the membership log's hash DAG. */
export interface MembershipBody {
  readonly network: NetworkId;
  /** Records this one follows, sorted by digest; none for the first. */
  readonly parents: readonly Digest[];
  /** Ed25519 public key of who signs: the root's, or an admin's. */
  readonly issuer: Uint8Array;
  /** Wall clock of the issuer, for people; decides nothing. */
  readonly timeMs: number;
  readonly operation: MembershipOperation;
}

export interface MembershipRecord {
  /** Digest of the record's bytes. */
  readonly id: Digest;
  readonly body: MembershipBody;
  readonly bodyBytes: Uint8Array;
  readonly signature: Uint8Array;
  /** The whole record. Stored and forwarded as it is. */
  readonly bytes: Uint8Array;
}

/** A member's certificate: the record that admits it, then its issuer's, up to one that the root signed. */
export type CertificateChain = readonly MembershipRecord[];

/** The bytes that are signed for a body: a domain tag and the body. */
export function membershipSigningBytes(bodyBytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from("gstore membership v1\0"), bodyBytes]);
}

export function encodeMembershipBody(body: MembershipBody): Uint8Array {
  return encodeCbor([
    MEMBERSHIP_VERSION,
    digestToBytes(body.network as string as Digest),
    body.parents.map(digestToBytes),
    body.issuer,
    body.timeMs,
    encodeOperation(body.operation),
  ]);
}

export function encodeMembershipRecord(bodyBytes: Uint8Array, signature: Uint8Array): Uint8Array {
  return encodeCbor([MEMBERSHIP_VERSION, bodyBytes, signature]);
}

/** Decodes a record strictly. Its signature and authority are checked by `verifyCertificate` of @gstore/crypto. */
export function decodeMembershipRecord(bytes: Uint8Array): MembershipRecord {
  const what = "A membership record";
  const envelope = new FieldReader(
    decodeCbor(bytes, { bytesMax: MEMBERSHIP_RECORD_BYTES_MAX, what }),
    what,
    3,
  );
  envelope.version(MEMBERSHIP_VERSION);
  const bodyBytes = envelope.bytes("body", { max: MEMBERSHIP_RECORD_BYTES_MAX });
  const signature = envelope.bytes("signature", SIGNATURE_BYTES);
  return { id: digestOf(bytes), body: decodeBody(bodyBytes), bodyBytes, signature, bytes };
}

export function encodeCertificateChain(chain: CertificateChain): Uint8Array {
  return encodeCbor(chain.map((record) => record.bytes));
}

/** Decodes a chain of 1 to `CERTIFICATE_CHAIN_MAX` records. */
export function decodeCertificateChain(bytes: Uint8Array): MembershipRecord[] {
  const bytesMax = CERTIFICATE_CHAIN_MAX * (MEMBERSHIP_RECORD_BYTES_MAX + 8);
  const value = decodeCbor(bytes, { bytesMax, what: "A certificate chain" });
  if (!Array.isArray(value) || value.length < 1 || value.length > CERTIFICATE_CHAIN_MAX) {
    throw new GstoreError("INVALID_FORMAT", `A certificate chain has 1 to ${CERTIFICATE_CHAIN_MAX} records.`);
  }
  return value.map((record: CborValue) => {
    if (record instanceof Uint8Array) return decodeMembershipRecord(record);
    throw new GstoreError("INVALID_FORMAT", "A certificate chain holds something that is no record.");
  });
}

function decodeBody(bytes: Uint8Array): MembershipBody {
  const what = "A membership record's body";
  const fields = new FieldReader(decodeCbor(bytes, { bytesMax: MEMBERSHIP_RECORD_BYTES_MAX, what }), what, 6);
  fields.version(MEMBERSHIP_VERSION);
  return {
    network: digestFromBytes(fields.bytes("network", DIGEST_BYTES)) as string as NetworkId,
    parents: decodeParents(fields.array("parents", { max: MEMBERSHIP_PARENTS_MAX })),
    issuer: fields.bytes("issuer", ID_BYTES.publicKey),
    timeMs: fields.integer("time"),
    operation: decodeOperation(fields.any()),
  };
}

function decodeParents(values: readonly CborValue[]): Digest[] {
  const parents = values.map((value) => digestFromBytes(bytesOf(value)));
  if (parents.some((parent, index) => index > 0 && (parents[index - 1] as Digest) >= parent)) {
    throw new GstoreError("INVALID_FORMAT", "A membership record's parents are not sorted.");
  }
  return parents;
}

function bytesOf(value: CborValue): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new GstoreError("INVALID_FORMAT", "A membership record holds something else where bytes should be.");
}
