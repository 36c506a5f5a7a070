import { digestOf, digestToBytes, type Random } from "@gstore/core";

/** Chance that comes out the same for the same seed. Not for keys that guard anything. */
export class SeededRandom implements Random {
  readonly #seed: string;
  #block = 0;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(seed: string) {
    this.#seed = seed;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      if (this.#rest.length === 0)
        this.#rest = digestToBytes(digestOf(Buffer.from(`${this.#seed} ${this.#block++}`)));
      const piece = this.#rest.subarray(0, length - at);
      bytes.set(piece, at);
      this.#rest = this.#rest.subarray(piece.length);
      at += piece.length;
    }
    return bytes;
  }

  below(bound: number): number {
    let value = 0;
    for (const byte of this.bytes(6)) value = value * 256 + byte;
    return value % bound;
  }
}
