import {
  type CborValue,
  type Digest,
  type EntryId,
  GstoreError,
  ID_BYTES,
  idToBytes,
  LEASE_MS_MAX,
  LEASED_VERSIONS_MAX,
  PROVED_BLOBS_MAX,
  type SpaceId,
  spaceIdFromBytes,
} from "@gstore/core";
import { CHALLENGE_NONCE_BYTES, POSSESSION_PROOF_BYTES } from "@gstore/crypto";
import { decodeDigests, encodeDigests } from "./digest-lists.ts";
import { encodeMessage, readMessage } from "./message.ts";

/** Asks the receiver to prove that it has these blobs of a space now. */
export interface ProveBlobs {
  readonly space: SpaceId;
  /** Drawn for this question alone. */
  readonly nonce: Uint8Array;
  readonly digests: readonly Digest[];
}

export const encodeProveBlobs = (message: ProveBlobs): Uint8Array =>
  encodeMessage("proveBlobs", idToBytes(message.space), message.nonce, encodeDigests(message.digests));

export function decodeProveBlobs(bytes: Uint8Array): ProveBlobs {
  const fields = readMessage(bytes, "proveBlobs", 3);
  return {
    space: spaceIdFromBytes(fields.bytes("space", ID_BYTES.space)),
    nonce: fields.bytes("nonce", CHALLENGE_NONCE_BYTES),
    digests: decodeDigests(fields.array("digests", { min: 1, max: PROVED_BLOBS_MAX })),
  };
}

const NOT_HERE = new Uint8Array(0);

/** One proof for each digest asked for, in order; null where the blob is not here. */
export const encodeProveBlobsAnswer = (proofs: readonly (Uint8Array | null)[]): Uint8Array =>
  encodeMessage(
    "proveBlobs",
    proofs.map((proof) => proof ?? NOT_HERE),
  );

export function decodeProveBlobsAnswer(bytes: Uint8Array, count: number): (Uint8Array | null)[] {
  const fields = readMessage(bytes, "proveBlobs", 1);
  return fields.array("proofs", { min: count, max: count }).map(decodeProof);
}

function decodeProof(value: CborValue): Uint8Array | null {
  if (value instanceof Uint8Array && value.length === POSSESSION_PROOF_BYTES) return value;
  if (value instanceof Uint8Array && value.length === 0) return null;
  throw new GstoreError("INVALID_FORMAT", "A proveBlobs answer holds something that is no proof.");
}

/** Asks the receiver to keep its copies of these versions for a while. */
export interface LeaseVersions {
  readonly versions: readonly EntryId[];
  readonly leaseMs: number;
}

export const encodeLeaseVersions = (message: LeaseVersions): Uint8Array =>
  encodeMessage("leaseVersions", encodeDigests(message.versions), message.leaseMs);

export function decodeLeaseVersions(bytes: Uint8Array): LeaseVersions {
  const fields = readMessage(bytes, "leaseVersions", 2);
  return {
    versions: decodeDigests(fields.array("versions", { min: 1, max: LEASED_VERSIONS_MAX })),
    leaseMs: fields.integer("leaseMs", { min: 1, max: LEASE_MS_MAX }),
  };
}

/** The versions of which the receiver holds a copy and promises to keep it. */
export const encodeLeaseVersionsAnswer = (versions: readonly EntryId[]): Uint8Array =>
  encodeMessage("leaseVersions", encodeDigests(versions));

export function decodeLeaseVersionsAnswer(bytes: Uint8Array): EntryId[] {
  return decodeDigests(
    readMessage(bytes, "leaseVersions", 1).array("versions", { max: LEASED_VERSIONS_MAX }),
  );
}
