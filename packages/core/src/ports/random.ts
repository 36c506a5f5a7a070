import { randomBytes, randomFillSync, randomInt } from "node:crypto";

/** Chance, as everything outside the system's edge sees it (I8). */
export interface Random {
  /** Unpredictable bytes, fit for keys. */
  bytes(length: number): Uint8Array;
  /** A whole number from 0 to below `bound` (at most 2^48 - 1). */
  below(bound: number): number;
}

/** Asking for bytes costs ten microseconds however few they are: small requests are served from a supply. */
const supply: Uint8Array = new Uint8Array(4096);
const FROM_SUPPLY_MAX = 64;
let supplyUsed = supply.length;

/** The operating system's generator. */
export const systemRandom: Random = {
  bytes: (length) => (length <= FROM_SUPPLY_MAX ? takeFromSupply(length) : randomBytes(length)),
  below: (bound) => randomInt(bound),
};

/** Bytes that were given out once are wiped from the supply. */
function takeFromSupply(length: number): Uint8Array {
  if (supplyUsed + length > supply.length) {
    randomFillSync(supply);
    supplyUsed = 0;
  }
  const taken = supply.slice(supplyUsed, supplyUsed + length);
  supply.fill(0, supplyUsed, supplyUsed + length);
  supplyUsed += length;
  return taken;
}
