/**
 * -log2(x / 2^52) x 2^32 for a whole x from 1 to 2^52, in whole numbers alone (docs/spec/placement.md): the last bits of
 * `Math.log` differ between engines, and nodes that rank differently would never agree on who holds what.
 */
export function fixedNegativeLog2(x: number): number {
  table ??= makeTable();
  const high = Math.floor(x / 2 ** 32);
  const exponent = high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(x);
  // Powers of two only move the exponent of a double: exact.
  const position = (x / (POWERS[exponent] as number)) * STEPS;
  const step = Math.floor(position);
  const fraction = Math.floor((position - step) * FRACTION);
  const low = table[step - STEPS] as number;
  const rise = (table[step - STEPS + 1] as number) - low;
  // Below 2^43: exact.
  return (52 - exponent) * ONE - low - Math.floor((rise * fraction) / FRACTION);
}

const STEPS = 1024;
const FRACTION = 2 ** 20;
const ONE = 2 ** 32;

/** 1, 2, 4, … 2^52. */
const POWERS: readonly number[] = Array.from({ length: 53 }, (_, exponent) => Number(1n << BigInt(exponent)));

let table: Float64Array | undefined;

/** floor(log2(1 + i / 1024) x 2^32), bit by bit: a square's logarithm is twice as large. */
function makeTable(): Float64Array {
  const made = new Float64Array(STEPS + 1);
  for (let index = 0; index <= STEPS; index++) {
    let value = BigInt(STEPS + index) << BigInt(POINT - 10);
    let bits = index === STEPS ? 1 : 0;
    if (bits === 1) value >>= 1n;
    for (let bit = 0; bit < 32; bit++) {
      value = (value * value) >> BigInt(POINT);
      const isAbove = value >> BigInt(POINT + 1) > 0n;
      bits = bits * 2 + (isAbove ? 1 : 0);
      if (isAbove) value >>= 1n;
    }
    made[index] = bits;
  }
  return made;
}

/** Binary places of the numbers that the table is made of. */
const POINT = 96;
