import { decodeEntry, type Entry, isGstoreError } from "@gstore/core";

/** As bytes where they are no entry, or one that this node can't read: whoever takes it in says what is wrong with it. */
export function decodedOrBytes(bytes: Uint8Array): Entry | Uint8Array {
  try {
    return decodeEntry(bytes);
  } catch (error) {
    if (isGstoreError(error)) return bytes;
    throw error;
  }
}
