import { abortedError, GstoreError, onAbort } from "@gstore/core";

/** Callers that may wait for a slot; beyond it they are told to come back. */
const WAITING_MAX = 10_000;

interface Waiting {
  readonly count: number;
  readonly enter: () => void;
}

/** Lets work run that takes up to so many slots in sum; the rest waits its turn, first come first served. */
export class Slots {
  readonly #count: number;
  #free: number;
  #emptied: () => void = () => {};
  readonly #waiting: Waiting[] = [];

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

  /**
   * Takes `count` slots, 1 where none is given. Resolves with the function that gives them back. Rejects with `TOO_BUSY`,
   * or when the signal fires.
   */
  async take(signal?: AbortSignal, count = 1): Promise<() => void> {
    if (signal?.aborted) throw abortedError(signal);
    if (this.#waiting.length === 0 && this.#free >= count) this.#free -= count;
    else await this.#wait(signal, count);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#free += count;
      this.#admitWaiting();
      if (this.#free === this.#count) this.#emptied();
    };
  }

  async #wait(signal: AbortSignal | undefined, count: number): Promise<void> {
    if (this.#waiting.length >= WAITING_MAX) {
      throw new GstoreError("TOO_BUSY", "Too many operations are waiting on this node. Try again later.", {
        retryable: true,
      });
    }
    await new Promise<void>((resolve, reject) => {
      const waiting = {
        count,
        enter: () => {
          stopListening();
          resolve();
        },
      };
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(abortedError(signal as AbortSignal));
        this.#admitWaiting();
      };
      const stopListening = signal === undefined ? () => {} : onAbort(signal, giveUp);
      this.#waiting.push(waiting);
    });
  }

  #admitWaiting(): void {
    for (
      let next = this.#waiting[0];
      next !== undefined && next.count <= this.#free;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#free -= next.count;
      next.enter();
    }
  }
}
