/**
 * The search for cut points, in AssemblyScript. docs/spec/chunking.md says what a cut point is and why the SIMD
 * prefilter below finds all of them; src/reference-scanner.ts says the same in plain TypeScript.
 *
 * Memory: the gear table at 0 (256 u32), the four nibble tables at 1024 (16 bytes each: low nibble low byte, low
 * nibble high byte, high nibble low byte, high nibble high byte), the bytes to search from 2048 to the page's end.
 */

const GEAR: usize = 0;
const NIBBLES: usize = 1024;
const DATA: usize = 2048;

/** Bytes before the first tested one that its hash depends on. */
const HISTORY: usize = 31;
/** Bytes per step of the prefilter. */
const BLOCK: usize = 16;

function roll(hash: u32, at: usize): u32 {
  return (hash << 1) + load<u32>(GEAR + ((<usize>load<u8>(at)) << 2));
}

function hashBefore(at: usize): u32 {
  let hash: u32 = 0;
  for (let i = at - HISTORY; i < at; ++i) hash = roll(hash, i);
  return hash;
}

/**
 * The memory holds 31 bytes of history and then `count` bytes. Answers the index of the first of the `count` bytes
 * after which (hash & mask) is 0, or -1. The low half of `mask` must not be 0.
 */
export function search(count: i32, mask: u32): i32 {
  const lowNibbleLow = v128.load(NIBBLES, 0);
  const lowNibbleHigh = v128.load(NIBBLES, 16);
  const highNibbleLow = v128.load(NIBBLES, 32);
  const highNibbleHigh = v128.load(NIBBLES, 48);
  const fifteen = i8x16.splat(0x0f);
  const zero = i8x16.splat(0);
  const lowMask = i16x8.splat(<i16>mask);
  const from = DATA + HISTORY;
  const to = from + <usize>count;

  // The last lanes of the step before: gear values, and their sums over 2, 4 and 8 bytes.
  let gearBefore = zero;
  let twoBefore = zero;
  let fourBefore = zero;
  let eightBefore = zero;
  let hash: u32 = 0;
  let hashedTo: usize = 0;
  // The first block is history: it fills the lanes and is not tested.
  let at = from - BLOCK;
  for (; at + BLOCK <= to; at += BLOCK) {
    const bytes = v128.load(at);
    const low = v128.and(bytes, fifteen);
    const high = v128.and(i16x8.shr_u(bytes, 4), fifteen);
    const gearLow = v128.xor(i8x16.swizzle(lowNibbleLow, low), i8x16.swizzle(highNibbleLow, high));
    const gearHigh = v128.xor(i8x16.swizzle(lowNibbleHigh, low), i8x16.swizzle(highNibbleHigh, high));
    // biome-ignore format: one instruction a line
    const gearA = i8x16.shuffle(gearLow, gearHigh, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    // biome-ignore format: one instruction a line
    const gearB = i8x16.shuffle(gearLow, gearHigh, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);

    // sum over 2n bytes = sum over the n last bytes + (sum over the n bytes before them << n)
    // biome-ignore format: one instruction a line
    const shiftedA1 = i8x16.shuffle(gearBefore, gearA, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
    // biome-ignore format: one instruction a line
    const shiftedB1 = i8x16.shuffle(gearA, gearB, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
    const twoA = i16x8.add(gearA, i16x8.shl(shiftedA1, 1));
    const twoB = i16x8.add(gearB, i16x8.shl(shiftedB1, 1));
    // biome-ignore format: one instruction a line
    const shiftedA2 = i8x16.shuffle(twoBefore, twoA, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
    // biome-ignore format: one instruction a line
    const shiftedB2 = i8x16.shuffle(twoA, twoB, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27);
    const fourA = i16x8.add(twoA, i16x8.shl(shiftedA2, 2));
    const fourB = i16x8.add(twoB, i16x8.shl(shiftedB2, 2));
    // biome-ignore format: one instruction a line
    const shiftedA4 = i8x16.shuffle(fourBefore, fourA, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
    // biome-ignore format: one instruction a line
    const shiftedB4 = i8x16.shuffle(fourA, fourB, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
    const eightA = i16x8.add(fourA, i16x8.shl(shiftedA4, 4));
    const eightB = i16x8.add(fourB, i16x8.shl(shiftedB4, 4));
    const sumA = i16x8.add(eightA, i16x8.shl(eightBefore, 8));
    const sumB = i16x8.add(eightB, i16x8.shl(eightA, 8));
    gearBefore = gearB;
    twoBefore = twoB;
    fourBefore = fourB;
    eightBefore = eightB;

    const passedA = i16x8.eq(v128.and(sumA, lowMask), zero);
    const passedB = i16x8.eq(v128.and(sumB, lowMask), zero);
    if (!v128.any_true(v128.or(passedA, passedB)) || at < from) continue;
    // In a run of candidates (repeated bytes) the hash goes on from the block before: never much below plain speed.
    if (hashedTo !== at) hash = hashBefore(at);
    for (let i = at; i < at + BLOCK; ++i) {
      hash = roll(hash, i);
      if ((hash & mask) === 0) return <i32>(i - from);
    }
    hashedTo = at + BLOCK;
  }
  hash = hashBefore(at);
  for (let i = at; i < to; ++i) {
    hash = roll(hash, i);
    if ((hash & mask) === 0) return <i32>(i - from);
  }
  return -1;
}
