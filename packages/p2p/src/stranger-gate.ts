import { type Clock, GstoreError } from "@gstore/core";
import { addressGroup } from "./address-group.ts";
import {
  STRANGER_REQUESTS_BURST,
  STRANGER_REQUESTS_BURST_TOTAL,
  STRANGER_REQUESTS_PER_SECOND,
  STRANGER_REQUESTS_PER_SECOND_TOTAL,
  STRANGERS_AT_ONCE_MAX,
  STRANGERS_AT_ONCE_PER_ADDRESS_MAX,
} from "./limits.ts";
import { countDown } from "./link-gate.ts";
import { TokenBucket } from "./token-bucket.ts";

const RATE = { perSecond: STRANGER_REQUESTS_PER_SECOND, burst: STRANGER_REQUESTS_BURST };
const RATE_TOTAL = { perSecond: STRANGER_REQUESTS_PER_SECOND_TOTAL, burst: STRANGER_REQUESTS_BURST_TOTAL };

/** Counts the requests of strangers, and says when there are enough of them: guesses have to be slow. */
export class StrangerGate {
  readonly #clock: Clock;
  readonly #total: TokenBucket;
  /** Those that are not full, the one used last at the end. */
  readonly #buckets = new Map<string, TokenBucket>();
  readonly #inside = new Map<string, number>();
  #insideCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#total = new TokenBucket(RATE_TOTAL, clock.monotonic());
  }

  /** How many addresses are remembered. */
  get remembered(): number {
    return this.#buckets.size;
  }

  /** Lets a request in or throws `TOO_BUSY`. The function returned is to be called once, when all of it is over. */
  enter(host: string): () => void {
    const address = addressGroup(host);
    const inside = this.#inside.get(address) ?? 0;
    if (
      this.#insideCount >= STRANGERS_AT_ONCE_MAX ||
      inside >= STRANGERS_AT_ONCE_PER_ADDRESS_MAX ||
      !this.#take(address)
    ) {
      const message = "The node answers enough requests of strangers now. Try again in a few seconds.";
      throw new GstoreError("TOO_BUSY", message, { retryable: true });
    }
    this.#insideCount++;
    this.#inside.set(address, inside + 1);
    return () => {
      this.#insideCount--;
      countDown(this.#inside, address);
    };
  }

  /** The address's own bucket is asked first, so that a flood from one does not empty the common one. */
  #take(address: string): boolean {
    const nowMs = this.#clock.monotonic();
    this.#forget(nowMs);
    const bucket = this.#buckets.get(address) ?? new TokenBucket(RATE, nowMs);
    if (!bucket.hasToken(nowMs) || !this.#total.hasToken(nowMs)) return false;
    bucket.take();
    this.#total.take();
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    return true;
  }

  /** Forgets the buckets that are full again. Who remains took a token of the common bucket a short time ago. */
  #forget(nowMs: number): void {
    for (const [address, bucket] of this.#buckets) {
      if (!bucket.isFull(nowMs)) return;
      this.#buckets.delete(address);
    }
  }
}
