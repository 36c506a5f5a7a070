import { hkdfSync } from "node:crypto";
import { GstoreError } from "@gstore/core";

/** Bytes of a chunk seed. */
export const CHUNK_SEED_BYTES = 32;

/** What the rolling hash adds for each byte (docs/spec/chunking.md, "The gear table"). */
export interface GearTable {
  /** 256 values. The low half of value b is low[b & 15] ^ high[b >> 4], which is what SIMD can look up. */
  readonly gear: Uint32Array;
  /** The two nibble tables, 16 bytes each part: low's low bytes, low's high bytes, high's low bytes, high's high. */
  readonly nibbles: Uint8Array;
}

const INFO = "gstore chunking 1";
const NIBBLE_VALUES = 16;
const BYTE_VALUES = 256;
const DERIVED_BYTES = 2 * (NIBBLE_VALUES + NIBBLE_VALUES + BYTE_VALUES);

/** Derives the table from a seed of {@link CHUNK_SEED_BYTES}; throws `INVALID_ARGUMENT` for another length. */
export function deriveGearTable(seed: Uint8Array): GearTable {
  if (seed.byteLength !== CHUNK_SEED_BYTES) {
    throw new GstoreError("INVALID_ARGUMENT", `A chunk seed has ${CHUNK_SEED_BYTES} bytes.`, {
      limit: CHUNK_SEED_BYTES,
      actual: seed.byteLength,
    });
  }
  const derived = new DataView(hkdfSync("sha256", seed, new Uint8Array(0), INFO, DERIVED_BYTES));
  const nibbles = new Uint8Array(4 * NIBBLE_VALUES);
  for (let value = 0; value < NIBBLE_VALUES; value++) {
    nibbles[value] = derived.getUint8(2 * value);
    nibbles[NIBBLE_VALUES + value] = derived.getUint8(2 * value + 1);
    nibbles[2 * NIBBLE_VALUES + value] = derived.getUint8(2 * (NIBBLE_VALUES + value));
    nibbles[3 * NIBBLE_VALUES + value] = derived.getUint8(2 * (NIBBLE_VALUES + value) + 1);
  }
  const gear = new Uint32Array(BYTE_VALUES);
  for (let byte = 0; byte < BYTE_VALUES; byte++) {
    const low = derived.getUint16(2 * (byte & 15), true);
    const high = derived.getUint16(2 * (NIBBLE_VALUES + (byte >> 4)), true);
    const upper = derived.getUint16(2 * (2 * NIBBLE_VALUES + byte), true);
    gear[byte] = (upper << 16) | (low ^ high);
  }
  return { gear, nibbles };
}
