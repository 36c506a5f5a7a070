import { GstoreError, type PeerId } from "@gstore/core";

export interface LookupLimits {
  readonly asked: number;
  readonly askedPerAddress: number;
}

/** What one lookup has used up. kad-dht hands it along with each request, in its options. */
export class Lookup {
  readonly #limits: LookupLimits;
  readonly #asked = new Set<PeerId>();
  readonly #askedAt = new Map<string, number>();

  constructor(limits: LookupLimits) {
    this.#limits = limits;
  }

  get asked(): number {
    return this.#asked.size;
  }

  /** Throws `TOO_BUSY` where this lookup asks nobody else. */
  enter(peer: PeerId): void {
    if (this.#asked.has(peer)) return;
    if (this.#asked.size >= this.#limits.asked) throw enough();
    this.#asked.add(peer);
  }

  /** False where enough with one address have been asked in this lookup. */
  enterAddress(address: string): boolean {
    const count = this.#askedAt.get(address) ?? 0;
    if (count >= this.#limits.askedPerAddress) return false;
    this.#askedAt.set(address, count + 1);
    return true;
  }
}

function enough(): GstoreError {
  return new GstoreError("TOO_BUSY", "This lookup has asked enough members.", { retryable: true });
}
