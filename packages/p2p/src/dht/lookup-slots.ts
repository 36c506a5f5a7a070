import { abortedError, GstoreError } from "@gstore/core";
import { DHT_LOOKUPS_AT_ONCE_MAX, DHT_LOOKUPS_WAITING_MAX } from "./dht-limits.ts";

/** Lets so many lookups run at once, and the rest wait their turn. */
export class LookupSlots {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** Rejects with `TOO_BUSY` where too many wait, or `ABORTED`; else as `work` does. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#running >= DHT_LOOKUPS_AT_ONCE_MAX) await this.#turn(signal);
    else this.#running++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortedError(signal);
    if (this.#waiting.length >= DHT_LOOKUPS_WAITING_MAX) {
      const message = "Too many lookups wait already. Try again later.";
      throw new GstoreError("TOO_BUSY", message, { retryable: true });
    }
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(abortedError(signal));
      };
      this.#waiting.push(enter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}
