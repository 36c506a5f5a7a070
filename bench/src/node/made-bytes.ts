import { randomFillSync } from "node:crypto";

const PART_BYTES = 512 * 1024;
const PAGE_BYTES = 4096;
const SMALL_BYTES = 128;

/**
 * A stream of so many bytes without a file behind it: one random part again and again, with another number in each page,
 * so that no chunk is known already. Making it costs next to nothing.
 */
export function* repeating(bytes: number): Generator<Uint8Array> {
  const pattern = randomFillSync(Buffer.alloc(PART_BYTES));
  let page = 0;
  for (let left = bytes; left > 0; left -= PART_BYTES) {
    const part = Buffer.from(pattern);
    for (let at = 0; at < PART_BYTES; at += PAGE_BYTES) part.writeUInt32LE(page++, at);
    yield part.subarray(0, Math.min(left, PART_BYTES));
  }
}

/** Small files, each with other bytes. */
export function* manySmall(first: number, count: number): Generator<{ index: number; bytes: Uint8Array }> {
  for (let index = first; index < first + count; index++) {
    const bytes = randomFillSync(Buffer.alloc(SMALL_BYTES));
    yield { index, bytes };
  }
}
