import { randomBytes, randomInt } from "node:crypto";

/** Chance, as everything outside the system's edge sees it (I8). */
export interface Random {
  /** Unpredictable bytes, fit for keys. */
  bytes(length: number): Uint8Array;
  /** A whole number from 0 to below `bound` (at most 2^48 - 1). */
  below(bound: number): number;
}

/** The operating system's generator. */
export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  below: (bound) => randomInt(bound),
};
