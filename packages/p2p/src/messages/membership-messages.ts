import {
  type Digest,
  MEMBERSHIP_RECORD_BYTES_MAX,
  MEMBERSHIP_RECORDS_MAX,
  MEMBERSHIP_RECORDS_PER_MESSAGE_MAX,
} from "@gstore/core";
import { decodeByteStrings, decodeDigests, encodeDigests } from "./digest-lists.ts";
import { encodeMessage, readMessage } from "./message.ts";

/** Asks for the membership records that a node which knows these lacks. */
export const encodeSyncMembers = (known: readonly Digest[]): Uint8Array =>
  encodeMessage("syncMembers", encodeDigests(known));

export function decodeSyncMembers(bytes: Uint8Array): Digest[] {
  return decodeDigests(readMessage(bytes, "syncMembers", 1).array("known", { max: MEMBERSHIP_RECORDS_MAX }));
}

export interface SyncMembersAnswer {
  /** Records that the asker lacks, each after its parents. */
  readonly records: readonly Uint8Array[];
  readonly more: boolean;
}

export const encodeSyncMembersAnswer = (answer: SyncMembersAnswer): Uint8Array =>
  encodeMessage("syncMembers", answer.records, answer.more);

export function decodeSyncMembersAnswer(bytes: Uint8Array): SyncMembersAnswer {
  const fields = readMessage(bytes, "syncMembers", 2);
  return {
    records: records(fields.array("records", { max: MEMBERSHIP_RECORDS_PER_MESSAGE_MAX })),
    more: fields.boolean("more"),
  };
}

/** Hands on new membership records. The answer is empty. */
export const encodePushMembers = (list: readonly Uint8Array[]): Uint8Array =>
  encodeMessage("pushMembers", list);

export function decodePushMembers(bytes: Uint8Array): Uint8Array[] {
  const fields = readMessage(bytes, "pushMembers", 1);
  return records(fields.array("records", { min: 1, max: MEMBERSHIP_RECORDS_PER_MESSAGE_MAX }));
}

export const encodePushMembersAnswer = (): Uint8Array => encodeMessage("pushMembers");

function records(values: Parameters<typeof decodeByteStrings>[0]): Uint8Array[] {
  return decodeByteStrings(values, MEMBERSHIP_RECORD_BYTES_MAX);
}
