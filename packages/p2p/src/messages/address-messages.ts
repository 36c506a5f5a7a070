import {
  ADDRESS_RECORD_BYTES_MAX,
  ADDRESS_RECORDS_PER_MESSAGE_MAX,
  FieldReader,
  ID_BYTES,
  MEMBERS_MAX,
  type PeerId,
  peerIdOfPublicKey,
  publicKeyOfPeerId,
} from "@gstore/core";
import { decodeByteStrings } from "./digest-lists.ts";
import { encodeMessage, readMessage } from "./message.ts";

/** Which record of a node is known: the sequence of its last one. */
export interface KnownAddressRecord {
  readonly peer: PeerId;
  readonly sequence: number;
}

/** Asks for the address records that a node which knows these lacks. */
export const encodeSyncAddresses = (known: readonly KnownAddressRecord[]): Uint8Array =>
  encodeMessage(
    "syncAddresses",
    known.map(({ peer, sequence }) => [publicKeyOfPeerId(peer), sequence]),
  );

export function decodeSyncAddresses(bytes: Uint8Array): KnownAddressRecord[] {
  const known = readMessage(bytes, "syncAddresses", 1).array("known", { max: MEMBERS_MAX });
  return known.map((value) => {
    const fields = new FieldReader(value, "A known address record", 2);
    return {
      peer: peerIdOfPublicKey(fields.bytes("node", ID_BYTES.publicKey)),
      sequence: fields.integer("sequence", { min: 1 }),
    };
  });
}

export interface SyncAddressesAnswer {
  readonly records: readonly Uint8Array[];
  readonly more: boolean;
}

export const encodeSyncAddressesAnswer = ({ records, more }: SyncAddressesAnswer): Uint8Array =>
  encodeMessage("syncAddresses", records, more);

export function decodeSyncAddressesAnswer(bytes: Uint8Array): SyncAddressesAnswer {
  const fields = readMessage(bytes, "syncAddresses", 2);
  const records = fields.array("records", { max: ADDRESS_RECORDS_PER_MESSAGE_MAX });
  return {
    records: decodeByteStrings(records, ADDRESS_RECORD_BYTES_MAX),
    more: fields.boolean("more"),
  };
}

/** Hands on new address records. The answer is empty. */
export const encodePushAddresses = (records: readonly Uint8Array[]): Uint8Array =>
  encodeMessage("pushAddresses", records);

export function decodePushAddresses(bytes: Uint8Array): Uint8Array[] {
  const fields = readMessage(bytes, "pushAddresses", 1);
  const records = fields.array("records", { min: 1, max: ADDRESS_RECORDS_PER_MESSAGE_MAX });
  return decodeByteStrings(records, ADDRESS_RECORD_BYTES_MAX);
}

export const encodePushAddressesAnswer = (): Uint8Array => encodeMessage("pushAddresses");
