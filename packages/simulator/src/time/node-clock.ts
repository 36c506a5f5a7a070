import type { Clock } from "@gstore/core";
import type { Life } from "../world/life.ts";
import type { Scheduler } from "./scheduler.ts";

/** Where simulated time begins on clocks that are right: milliseconds since 1970. */
export const START_MS = 1_800_000_000_000;

/** How wrong a machine's clock is. It stays so over restarts. */
export interface ClockError {
  /** Milliseconds that its wall clock is ahead. */
  offsetMs: number;
  /** Milliseconds that it counts in one: 1.0001 gains 9 s a day. */
  readonly rate: number;
}

/** What a process sees of time on a machine whose clock is wrong, drifts and jumps. */
export class NodeClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #life: Life;
  readonly #error: ClockError;
  readonly #begunMs: number;

  constructor(scheduler: Scheduler, life: Life, error: ClockError) {
    this.#scheduler = scheduler;
    this.#life = life;
    this.#error = error;
    this.#begunMs = scheduler.now;
  }

  now(): number {
    return Math.floor(START_MS + this.#error.offsetMs + this.#scheduler.now * this.#error.rate);
  }

  monotonic(): number {
    return (this.#scheduler.now - this.#begunMs) * this.#error.rate;
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.#life.timer(delayMs / this.#error.rate, callback);
  }
}
