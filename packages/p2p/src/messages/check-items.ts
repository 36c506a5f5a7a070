import { ENTRIES_PER_MESSAGE_MAX, GstoreError, SYNC_VECTOR_MAX } from "@gstore/core";

/** Items of the largest message that is valid: a vector of arrays of three, and every other list full. */
const MESSAGE_ITEMS_MAX = 4 * SYNC_VECTOR_MAX + 4 * ENTRIES_PER_MESSAGE_MAX;
// Major types of CBOR items (RFC 8949 section 3).
const BYTES = 2;
const TEXT = 3;
const SIMPLE_OR_FLOAT = 7;
/** Numbers below this follow in the head itself; behind 0xe0 they are simple values, above it floats. */
const SHORT_MAX = 23;

/**
 * Looks through a message before anything is built of it. Refuses more items than any valid message has: four million
 * empty arrays fit a message, and decoded they take 200 MB. Refuses floats: the decoder would take 1.0 for 1. Whether the
 * rest is valid is left to the decoder.
 */
export function checkItems(bytes: Uint8Array, what: string): void {
  let at = 0;
  for (let items = 1; at < bytes.length; items++) {
    if (items > MESSAGE_ITEMS_MAX) {
      throw new GstoreError("TOO_LARGE", `${what} has more than ${MESSAGE_ITEMS_MAX} items.`, {
        limit: MESSAGE_ITEMS_MAX,
      });
    }
    const head = bytes[at] as number;
    const major = head >> 5;
    const short = head & 31;
    if (major === SIMPLE_OR_FLOAT && short > SHORT_MAX) {
      throw new GstoreError("INVALID_FORMAT", `${what} holds a float.`);
    }
    const { argument, length } = argumentOf(bytes, at, short);
    at += length + (major === BYTES || major === TEXT ? argument : 0);
  }
}

/** The number in an item's head, and the bytes of the head. */
function argumentOf(bytes: Uint8Array, at: number, short: number): { argument: number; length: number } {
  const sizeLog = short - SHORT_MAX - 1;
  if (sizeLog < 0 || sizeLog > 3) return { argument: sizeLog < 0 ? short : 0, length: 1 };
  const size = 1 << sizeLog;
  let argument = 0;
  for (let index = 1; index <= size; index++) argument = argument * 256 + (bytes[at + index] ?? 0);
  return { argument, length: 1 + size };
}
