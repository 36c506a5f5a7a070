import {
  type CborValue,
  DIGEST_BYTES,
  digestFromBytes,
  digestToBytes,
  type EntryId,
  FieldReader,
  HELD_RECEIPTS_HOPS_MAX,
  ID_BYTES,
  MEMBERS_MAX,
  type PeerId,
  peerIdOfPublicKey,
  publicKeyOfPeerId,
} from "@gstore/core";
import { decodeKey } from "./held-messages.ts";
import { encodeMessage, readMessage } from "./message.ts";

const SIGNATURE_BYTES = 64;

/** Asks who has carried out the purge of an entry: the receiver, and members behind it that are not in `skip`. */
export interface Purged {
  readonly version: EntryId;
  readonly skip: readonly PeerId[];
  /** How far the question may go, the receiver included. */
  readonly hops: number;
}

/** A member's own word that it has; its signature is not checked here. */
export interface PurgeReceipt {
  readonly member: PeerId;
  readonly signature: Uint8Array;
}

export const encodePurged = ({ version, skip, hops }: Purged): Uint8Array =>
  encodeMessage("purged", digestToBytes(version), skip.map(publicKeyOfPeerId), hops);

export function decodePurged(bytes: Uint8Array): Purged {
  const fields = readMessage(bytes, "purged", 3);
  return {
    version: digestFromBytes(fields.bytes("version", DIGEST_BYTES)),
    skip: fields.array("skip", { max: MEMBERS_MAX }).map(decodeKey),
    hops: fields.integer("hops", { min: 1, max: HELD_RECEIPTS_HOPS_MAX }),
  };
}

export const encodePurgedAnswer = (receipts: readonly PurgeReceipt[]): Uint8Array =>
  encodeMessage(
    "purged",
    receipts.map(({ member, signature }): CborValue => [publicKeyOfPeerId(member), signature]),
  );

export function decodePurgedAnswer(bytes: Uint8Array): PurgeReceipt[] {
  return readMessage(bytes, "purged", 1).array("receipts", { max: MEMBERS_MAX }).map(decodeReceipt);
}

function decodeReceipt(value: CborValue): PurgeReceipt {
  const fields = new FieldReader(value, "A receipt of a purge", 2);
  return {
    member: peerIdOfPublicKey(fields.bytes("member", ID_BYTES.publicKey)),
    signature: fields.bytes("signature", SIGNATURE_BYTES),
  };
}
