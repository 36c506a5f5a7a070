import { DIGEST_BYTES, digestFromBytes, digestToBytes, type EntryId } from "@gstore/core";
import { encodeMessage, readMessage } from "./message.ts";

const SIGNATURE_BYTES = 64;

/** Asks whether the receiver has carried out the purge of this entry. */
export const encodePurged = (version: EntryId): Uint8Array => encodeMessage("purged", digestToBytes(version));

export function decodePurged(bytes: Uint8Array): EntryId {
  return digestFromBytes(readMessage(bytes, "purged", 1).bytes("version", DIGEST_BYTES));
}

/** The receiver's signature under its statement that it has; null where it has not. */
export const encodePurgedAnswer = (signature: Uint8Array | null): Uint8Array =>
  encodeMessage("purged", signature);

export function decodePurgedAnswer(bytes: Uint8Array): Uint8Array | null {
  return readMessage(bytes, "purged", 1).bytesOrNull("signature", SIGNATURE_BYTES);
}
