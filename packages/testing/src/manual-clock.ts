import type { Clock } from "@gstore/core";

const START_MS = 1_700_000_000_000;

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is told to go on. Many nodes may share one. */
export class ManualClock implements Clock {
  #monotonic = 0;
  #wallOffset: number;
  readonly #timers = new Map<number, Timer>();
  #nextId = 0;

  /** Begins at this wall time, milliseconds since 1970. */
  constructor(startMs: number = START_MS) {
    this.#wallOffset = startMs;
  }

  now(): number {
    return this.#wallOffset + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  after(delayMs: number, callback: () => void): () => void {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#monotonic + delayMs, callback });
    return () => void this.#timers.delete(id);
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Goes on by so long, calling back in order what comes due. What a callback does asynchronously is not waited for. */
  advance(byMs: number): void {
    const end = this.#monotonic + byMs;
    for (let due = this.#nextDue(end); due !== undefined; due = this.#nextDue(end)) {
      const [id, timer] = due;
      this.#timers.delete(id);
      this.#monotonic = Math.max(this.#monotonic, timer.at);
      timer.callback();
    }
    this.#monotonic = end;
  }

  /** Sets the wall clock, forwards or back, as a user or NTP would. Timers don't notice. */
  jumpTo(wallMs: number): void {
    this.#wallOffset = wallMs - this.#monotonic;
  }

  #nextDue(end: number): [number, Timer] | undefined {
    let due: [number, Timer] | undefined;
    for (const timer of this.#timers) {
      if (timer[1].at <= end && (due === undefined || timer[1].at < due[1].at)) due = timer;
    }
    return due;
  }
}
