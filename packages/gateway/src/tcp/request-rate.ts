import type { Clock } from "@gstore/core";

/** Lets so many requests of each caller through: a bucket that fills with time. */
export class RequestRate {
  readonly #buckets = new Map<string, { left: number; atMs: number }>();
  readonly #options: {
    readonly clock: Clock;
    readonly perSecond: number;
    readonly burst: number;
    readonly callersMax: number;
  };

  constructor(options: { clock: Clock; perSecond: number; burst: number; callersMax: number }) {
    this.#options = options;
  }

  /** Counts a request of the caller; false where it is one too many. */
  take(caller: string): boolean {
    const { clock, perSecond, burst, callersMax } = this.#options;
    const atMs = clock.monotonic();
    const before = this.#buckets.get(caller) ?? { left: burst, atMs };
    const left = Math.min(burst, before.left + ((atMs - before.atMs) / 1000) * perSecond);
    // Put behind all others: the first one is the one that asked longest ago.
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { left: Math.max(0, left - 1), atMs });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > callersMax && oldest !== undefined) this.#buckets.delete(oldest);
    return left >= 1;
  }
}
