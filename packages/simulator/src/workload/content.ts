import { createHash } from "node:crypto";
import { type Digest, digestOf } from "@gstore/core";
import type { SeededRandom } from "@gstore/testing";

const KIB = 1024;
/** Sizes in bytes, the usual ones first: inline, several chunks, a push of its own. */
const SIZES = [
  { weight: 60, most: 2 * KIB },
  { weight: 25, most: 60 * KIB },
  { weight: 12, most: 250 * KIB },
  { weight: 3, most: 900 * KIB },
];

export interface Content {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

/** Content of a size by chance, other than any before it. */
export function newContent(random: SeededRandom): Content {
  let pick = random.below(SIZES.reduce((sum, { weight }) => sum + weight, 0));
  const size = SIZES.find(({ weight }) => {
    pick -= weight;
    return pick < 0;
  }) ?? { most: 0 };
  const length = random.below(50) === 0 ? 0 : 16 + random.below(size.most);
  const bytes = bytesOf(length, random.bytes(16));
  return { bytes, digest: digestOf(bytes) };
}

/** Bytes that no compressor makes smaller, and no chunk of which occurs elsewhere. */
function bytesOf(length: number, seed: Uint8Array): Uint8Array {
  return createHash("shake256", { outputLength: Math.max(1, length) })
    .update(seed)
    .digest()
    .subarray(0, length);
}
