import { CHUNK_BYTES_MAX, CHUNK_BYTES_MIN } from "@gstore/core";
import type { Scanner } from "./scanner.ts";

/**
 * Bytes from which on a chunk is cut more readily (format). With it the mean over random bytes is 257 KiB
 * (docs/spec/chunking.md, "Constants").
 */
export const CHUNK_BYTES_NORMAL: number = 212 * 1024;
/** Bits that are 0 at a cut below {@link CHUNK_BYTES_NORMAL} (format): 20 of them, one position in 1,048,576. */
export const MASK_STRICT: number = 0xffc0ffc0 | 0;
/** Bits that are 0 at a cut from {@link CHUNK_BYTES_NORMAL} on (format): 16 of them, one position in 65,536. */
export const MASK_LOOSE: number = 0xfc00ffc0 | 0;

export interface CutSearch {
  readonly scanner: Scanner;
  /** Sizes up to this were found not to be a cut by an earlier search in fewer bytes; 0 at first. */
  readonly ruledOut: number;
}

/**
 * The size of the chunk that begins with `bytes[0]`, or 0 where the bytes at hand do not decide it. What it answers
 * depends on the bytes before the cut alone, not on how many follow.
 */
export function findCut(bytes: Uint8Array, { scanner, ruledOut }: CutSearch): number {
  const sizes = Math.min(bytes.length, CHUNK_BYTES_MAX);
  const from = Math.max(ruledOut + 1, CHUNK_BYTES_MIN);
  const to = sizes === CHUNK_BYTES_MAX ? CHUNK_BYTES_MAX : sizes + 1;
  const strictTo = Math.min(to, CHUNK_BYTES_NORMAL);
  if (from < strictTo) {
    const cut = scanner.find(bytes, { from, to: strictTo, mask: MASK_STRICT });
    if (cut > 0) return cut;
  }
  const looseFrom = Math.max(from, CHUNK_BYTES_NORMAL);
  if (looseFrom < to) {
    const cut = scanner.find(bytes, { from: looseFrom, to, mask: MASK_LOOSE });
    if (cut > 0) return cut;
  }
  return sizes === CHUNK_BYTES_MAX ? CHUNK_BYTES_MAX : 0;
}
