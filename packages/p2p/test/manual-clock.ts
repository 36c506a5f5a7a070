import type { Clock } from "@gstore/core";

/** A clock that stands until it is told to go on. */
export class ManualClock implements Clock {
  #time = 0;
  readonly #timers = new Map<number, { at: number; callback: () => void }>();
  #nextId = 0;

  now(): number {
    return 1_700_000_000_000 + this.#time;
  }

  monotonic(): number {
    return this.#time;
  }

  after(delayMs: number, callback: () => void): () => void {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#time + delayMs, callback });
    return () => void this.#timers.delete(id);
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves on, calling back in order what comes due. */
  advance(byMs: number): void {
    const end = this.#time + byMs;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due[0]);
      this.#time = Math.max(this.#time, due[1].at);
      due[1].callback();
    }
    this.#time = end;
  }
}

/** Resolves when the condition holds; it is looked at once per turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
