import { ENTRIES_BY_ID_MAX, ENTRY_BYTES_MAX, type EntryId } from "@gstore/core";
import { decodeByteStrings, decodeDigests, encodeDigests } from "./digest-lists.ts";
import { encodeMessage, readMessage } from "./message.ts";

/** Asks for entries by their ids: the sender knew them and can't read them any more. */
export const encodeGiveEntries = (versions: readonly EntryId[]): Uint8Array =>
  encodeMessage("giveEntries", encodeDigests(versions));

export function decodeGiveEntries(bytes: Uint8Array): EntryId[] {
  return decodeDigests(
    readMessage(bytes, "giveEntries", 1).array("versions", { min: 1, max: ENTRIES_BY_ID_MAX }),
  );
}

/** Those of the entries that the answering node has. */
export const encodeGiveEntriesAnswer = (entries: readonly Uint8Array[]): Uint8Array =>
  encodeMessage("giveEntries", entries);

export function decodeGiveEntriesAnswer(bytes: Uint8Array): Uint8Array[] {
  return decodeByteStrings(
    readMessage(bytes, "giveEntries", 1).array("entries", { max: ENTRIES_BY_ID_MAX }),
    ENTRY_BYTES_MAX,
  );
}
