import {
  CONTENT_TYPE_BYTES_MAX,
  GstoreError,
  USER_METADATA_BYTES_MAX,
  USER_METADATA_PAIRS_MAX,
} from "@gstore/core";
import type { StoreOptions } from "../api.ts";
import { FIXED_COPIES_CLASS_MAX } from "../placement/placement.ts";

const WAITS = ["local", "min", "all", undefined];
const WAIT_TIMEOUT_MS_MAX = 2 ** 31 - 1;
const MODE_MAX = 0o7777;
/** What a Date can hold (ms), and so what a reader can show. */
const TIME_MS_MAX = 8.64e15;

/** Throws `INVALID_ARGUMENT` for options that can't be met or kept, before anything is read or stored. */
export function refuseBadOptions(options: StoreOptions): void {
  refuseBadCopies(options);
  refuseBadDescription(options);
}

function refuseBadCopies({ copies, wait, waitTimeoutMs, size }: StoreOptions): void {
  if (copies !== undefined && (!Number.isInteger(copies) || copies < 1 || copies > FIXED_COPIES_CLASS_MAX)) {
    refuse(`copies is a whole number from 1 to ${FIXED_COPIES_CLASS_MAX}.`);
  }
  if (!WAITS.includes(wait)) refuse('wait is "local", "min" or "all".');
  if (waitTimeoutMs !== undefined && !(waitTimeoutMs >= 0 && waitTimeoutMs <= WAIT_TIMEOUT_MS_MAX)) {
    refuse(`waitTimeoutMs is a number of milliseconds from 0 to ${WAIT_TIMEOUT_MS_MAX}.`);
  }
  if (size !== undefined && (!Number.isSafeInteger(size) || size < 0))
    refuse("size is a whole number of bytes.");
}

/** The bounds of docs/spec/entry.md: what lies outside of them no reader would take. */
function refuseBadDescription({ contentType, modifiedMs, mode, userMetadata = {} }: StoreOptions): void {
  if (contentType !== undefined && !isText(contentType, CONTENT_TYPE_BYTES_MAX)) {
    refuse(`A content type has at most ${CONTENT_TYPE_BYTES_MAX} bytes.`);
  }
  if (modifiedMs !== undefined && !(Number.isInteger(modifiedMs) && Math.abs(modifiedMs) <= TIME_MS_MAX)) {
    refuse("modifiedMs is a whole number of milliseconds that a Date can hold.");
  }
  if (mode !== undefined && !(Number.isInteger(mode) && mode >= 0 && mode <= MODE_MAX)) {
    refuse("mode is permission bits, from 0 to 0o7777.");
  }
  const texts = Object.entries(userMetadata);
  if (texts.length > USER_METADATA_PAIRS_MAX) {
    refuse(`A file has at most ${USER_METADATA_PAIRS_MAX} pairs of metadata.`);
  }
  if (!texts.flat().every((text) => isText(text, USER_METADATA_BYTES_MAX))) {
    refuse(`A name or value of metadata is Unicode text of at most ${USER_METADATA_BYTES_MAX} bytes.`);
  }
}

function isText(text: string, bytesMax: number): boolean {
  return text.isWellFormed() && Buffer.byteLength(text) <= bytesMax;
}

function refuse(reason: string): never {
  throw new GstoreError("INVALID_ARGUMENT", reason);
}
