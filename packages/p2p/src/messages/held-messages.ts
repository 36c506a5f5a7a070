import {
  type CborValue,
  type EntryId,
  FieldReader,
  GstoreError,
  HELD_RECEIPTS_HOPS_MAX,
  HELD_RECEIPTS_MAX,
  HELD_RECEIPTS_VERSIONS_MAX,
  ID_BYTES,
  MEMBERS_MAX,
  type PeerId,
  peerIdOfPublicKey,
  publicKeyOfPeerId,
} from "@gstore/core";
import { decodeDigests, encodeDigests } from "./digest-lists.ts";
import { encodeMessage, readMessage } from "./message.ts";

const NONCE_BYTES = 16;
const SIGNATURE_BYTES = 64;

/** Asks who holds some of these versions: the receiver, and members behind it that are not in `skip`. */
export interface HeldReceipts {
  /** 16 bytes that the asker chose for this question; receipts are signed over them. */
  readonly nonce: Uint8Array;
  readonly versions: readonly EntryId[];
  readonly skip: readonly PeerId[];
  /** How far the question may go, the receiver included. */
  readonly hops: number;
}

/** One holder's own word; its signature is not checked here. */
export interface HeldReceiptFields {
  readonly holder: PeerId;
  readonly versions: readonly EntryId[];
  readonly signature: Uint8Array;
}

export const encodeHeldReceipts = (message: HeldReceipts): Uint8Array =>
  encodeMessage(
    "heldReceipts",
    message.nonce,
    encodeDigests(message.versions),
    message.skip.map(publicKeyOfPeerId),
    message.hops,
  );

export function decodeHeldReceipts(bytes: Uint8Array): HeldReceipts {
  const fields = readMessage(bytes, "heldReceipts", 4);
  return {
    nonce: fields.bytes("nonce", NONCE_BYTES),
    versions: decodeDigests(fields.array("versions", { min: 1, max: HELD_RECEIPTS_VERSIONS_MAX })),
    skip: fields.array("skip", { max: MEMBERS_MAX }).map(decodeKey),
    hops: fields.integer("hops", { min: 1, max: HELD_RECEIPTS_HOPS_MAX }),
  };
}

export const encodeHeldReceiptsAnswer = (receipts: readonly HeldReceiptFields[]): Uint8Array =>
  encodeMessage("heldReceipts", receipts.map(encodeReceipt));

export function decodeHeldReceiptsAnswer(bytes: Uint8Array): HeldReceiptFields[] {
  return readMessage(bytes, "heldReceipts", 1)
    .array("receipts", { max: HELD_RECEIPTS_MAX })
    .map(decodeReceipt);
}

function encodeReceipt({ holder, versions, signature }: HeldReceiptFields): CborValue {
  return [publicKeyOfPeerId(holder), encodeDigests(versions), signature];
}

function decodeReceipt(value: CborValue): HeldReceiptFields {
  const fields = new FieldReader(value, "A receipt", 3);
  return {
    holder: peerIdOfPublicKey(fields.bytes("holder", ID_BYTES.publicKey)),
    versions: decodeDigests(fields.array("versions", { min: 1, max: HELD_RECEIPTS_VERSIONS_MAX })),
    signature: fields.bytes("signature", SIGNATURE_BYTES),
  };
}

/** A node, by its public key. */
export function decodeKey(value: CborValue): PeerId {
  if (value instanceof Uint8Array && value.length === ID_BYTES.publicKey) return peerIdOfPublicKey(value);
  throw new GstoreError("INVALID_FORMAT", "A message names a node by something that is no key.");
}
