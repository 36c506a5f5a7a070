import type { Digest } from "./digest.ts";
import type { Random } from "./ports/random.ts";

/** Bits for each digest that is expected, and how many of them it sets: one of a thousand others is then taken for one. */
const BITS_EACH = 16;
const PROBES = 6;
/** Below this many bits nothing is saved. */
const BITS_MIN = 1 << 13;
const HEX_AFTER_MULTIHASH = 4;
const HEX_PER_PROBE = 8;

/**
 * A set of digests that may take others for its own, but never forgets one (a Bloom filter). Which others, is drawn anew for
 * each filter: nobody outside can make a blob that is always taken for another.
 */
export class DigestFilter {
  readonly capacity: number;
  /** Calls of `add` that changed it. */
  count = 0;
  readonly #bits: Uint32Array;
  readonly #mask: number;
  readonly #salts: Uint32Array;

  /** For about so many digests; with more it is wrong more often. */
  constructor(capacity: number, random: Random) {
    let bits = BITS_MIN;
    while (bits < capacity * BITS_EACH && bits < BITS_MAX) bits *= 2;
    this.capacity = Math.floor(bits / BITS_EACH);
    this.#bits = new Uint32Array(bits / 32);
    this.#mask = bits - 1;
    const salts = random.bytes(4 * PROBES);
    const view = new DataView(salts.buffer, salts.byteOffset, salts.length);
    this.#salts = Uint32Array.from({ length: PROBES }, (_, probe) => view.getUint32(4 * probe));
  }

  add(digest: Digest): void {
    let isNew = false;
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = this.#bitOf(digest, probe);
      const word = this.#bits[bit >>> 5] as number;
      const set = (word | (1 << (bit & 31))) >>> 0;
      if (set === word) continue;
      isNew = true;
      this.#bits[bit >>> 5] = set;
    }
    if (isNew) this.count += 1;
  }

  has(digest: Digest): boolean {
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = this.#bitOf(digest, probe);
      if ((((this.#bits[bit >>> 5] as number) >>> (bit & 31)) & 1) === 0) return false;
    }
    return true;
  }

  /** Digests are evenly spread already; multiplying with an odd number and taking it apart mixes the salt in. */
  #bitOf(digest: Digest, probe: number): number {
    const at = HEX_AFTER_MULTIHASH + HEX_PER_PROBE * probe;
    const word = Number.parseInt(digest.slice(at, at + HEX_PER_PROBE), 16);
    const salt = this.#salts[probe] as number;
    const mixed = Math.imul(word ^ salt, salt | 1);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }
}

/** 32 MiB: 16 million digests at full precision. */
const BITS_MAX = 1 << 28;
