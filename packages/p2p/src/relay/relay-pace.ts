import type { Clock } from "@gstore/core";
import { RELAYED_FIRST_BYTES, RELAYED_FIRST_BYTES_PER_SECOND } from "../limits.ts";
import type { BulkRates, RateLimit } from "../rate-limit.ts";

/**
 * When one way of a relayed connection may go on by the node's limits on bulk. A relay sees ciphertext, and so goes by how much
 * there is: what is little goes at once and is only counted, what is much waits for its turn.
 */
export class RelayPace {
  readonly #clock: Clock;
  readonly #rates: BulkRates;
  /** Bytes that may go without waiting. */
  #first = RELAYED_FIRST_BYTES;
  #firstAtMs: number;
  #cancel: (() => void) | null = null;

  constructor({ clock, rates }: { readonly clock: Clock; readonly rates: BulkRates }) {
    this.#clock = clock;
    this.#rates = rates;
    this.#firstAtMs = clock.monotonic();
  }

  get isWaiting(): boolean {
    return this.#cancel !== null;
  }

  /** So many bytes have gone. Where the next have to wait, `wake` is called once they need not. */
  moved(bytes: number, wake: () => void): void {
    const { up, down } = this.#rates;
    if (up.bytesPerSecond === null && down.bytesPerSecond === null) return;
    up.charge(bytes);
    down.charge(bytes);
    const now = this.#clock.monotonic();
    const fresh = ((now - this.#firstAtMs) / 1000) * RELAYED_FIRST_BYTES_PER_SECOND;
    this.#first = Math.max(0, Math.min(RELAYED_FIRST_BYTES, this.#first + fresh) - bytes);
    this.#firstAtMs = now;
    if (this.#cancel === null) this.#wait(wake);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #wait(wake: () => void): void {
    const limit = this.#lacking();
    if (limit === undefined) return;
    this.#cancel = limit.wait(() => {
      this.#cancel = null;
      this.#wait(wake);
      if (this.#cancel === null) wake();
    });
  }

  /** A limit that has no room now. */
  #lacking(): RateLimit | undefined {
    const isUrgent = this.#first > 0;
    return [this.#rates.up, this.#rates.down].find((limit) => !limit.hasRoom({ isUrgent }));
  }
}
