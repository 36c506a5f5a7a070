import { abortedError, type Clock } from "@gstore/core";
import { pause } from "../pause.ts";

/** Work done in a row before others get their turn (ms, and in pieces where the clock stands still). */
const STEP_MS = 5;
const STEP_PIECES = 64;
/** The longest pause (ms). */
const PAUSE_MS_MAX = 1000;

/** Keeps long work to a share of the time: it pauses after each few milliseconds of it. */
export class Pace {
  readonly #clock: Clock;
  readonly #share: number;
  #begun: number;
  #pieces = 0;

  /** `share` of the time, above 0 and up to 1; with 1 it merely lets others have their turn. */
  constructor(clock: Clock, share: number) {
    this.#clock = clock;
    this.#share = share;
    this.#begun = clock.monotonic();
  }

  /** Called after each piece of work. Resolves when the next one may begin; rejects when the signal fires. */
  async step(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw abortedError(signal);
    const worked = this.#clock.monotonic() - this.#begun;
    if (++this.#pieces < STEP_PIECES && worked < STEP_MS) return;
    // A simulated clock stands still while work is done.
    if (worked > 0) await pause(this.#clock, Math.min(PAUSE_MS_MAX, worked * (1 / this.#share - 1)), signal);
    this.#begun = this.#clock.monotonic();
    this.#pieces = 0;
  }
}
