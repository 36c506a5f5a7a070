import { GstoreError } from "@gstore/core";
import type { ByteRange } from "./api.ts";

/** A range as first byte and the one after the last. */
export interface ResolvedRange {
  readonly start: number;
  readonly end: number;
}

/** What a range means for a file of `size` bytes (RFC 9110 section 14.1.2). Throws `RANGE_NOT_SATISFIABLE`, `INVALID_ARGUMENT`. */
export function resolveRange(range: ByteRange | undefined, size: number, key: string): ResolvedRange {
  if (range === undefined) return { start: 0, end: size };
  const numbers = "suffix" in range ? [range.suffix] : [range.start, range.end ?? range.start];
  if (numbers.some((number) => !Number.isSafeInteger(number) || number < 0)) {
    throw new GstoreError("INVALID_ARGUMENT", "A range is made of whole numbers from 0.");
  }
  if ("suffix" in range) {
    if (range.suffix === 0 || size === 0) throw notSatisfiable(key, size);
    return { start: Math.max(0, size - range.suffix), end: size };
  }
  if (range.end !== undefined && range.end < range.start) {
    throw new GstoreError("INVALID_ARGUMENT", "A range ends before it starts.");
  }
  if (range.start >= size) throw notSatisfiable(key, size);
  return { start: range.start, end: Math.min(size, (range.end ?? size - 1) + 1) };
}

function notSatisfiable(key: string, size: number): GstoreError {
  return new GstoreError(
    "RANGE_NOT_SATISFIABLE",
    `The range lies outside the file, which has ${size} bytes.`,
    {
      key,
      actual: size,
    },
  );
}
