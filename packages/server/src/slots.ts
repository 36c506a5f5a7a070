import { abortedError, GstoreError } from "@gstore/core";

/** Callers that may wait for a slot; beyond it they are told to come back. */
const WAITING_MAX = 10_000;

/** Lets so many run at once; the others wait their turn. */
export class Slots {
  readonly #count: number;
  #free: number;
  #emptied: () => void = () => {};
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#count = count;
    this.#free = count;
  }

  /** Resolves when nothing runs. For one caller. */
  async empty(): Promise<void> {
    if (this.#free === this.#count) return;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
  }

  /** Resolves with the function that gives the slot back. Rejects with `TOO_BUSY`, or when the signal fires. */
  async take(signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted) throw abortedError(signal);
    if (this.#free > 0) {
      this.#free--;
    } else {
      if (this.#waiting.length >= WAITING_MAX) {
        throw new GstoreError("TOO_BUSY", "Too many operations are waiting on this node. Try again later.", {
          retryable: true,
        });
      }
      await new Promise<void>((resolve, reject) => {
        const enter = () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        };
        const onAbort = () => {
          this.#waiting.splice(this.#waiting.indexOf(enter), 1);
          reject(abortedError(signal as AbortSignal));
        };
        signal?.addEventListener("abort", onAbort, { once: true });
        this.#waiting.push(enter);
      });
    }
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = this.#waiting.shift();
      if (next !== undefined) return next();
      this.#free++;
      if (this.#free === this.#count) this.#emptied();
    };
  }
}
