import { CLOCK_DRIFT_MAX_MS, type Clock, compareTimes, type HybridTime } from "@gstore/core";

/** The largest count that an entry can state, docs/spec/entry.md. */
const LOGICAL_MAX = 0xffffffff;

/**
 * This node's hybrid logical clock: later than everything it has seen, and close to the wall clock. A peer's time moves it
 * at most `CLOCK_DRIFT_MAX_MS` past the wall clock, so that one wrong clock does not carry the others away.
 */
export class HybridClock {
  readonly #clock: Clock;
  #last: HybridTime = { wallMs: 0, logical: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A time later than all given or seen before. */
  next(): HybridTime {
    const last = this.#last;
    const wallMs = Math.max(0, Math.floor(this.#clock.now()));
    if (wallMs > last.wallMs) this.#last = { wallMs, logical: 0 };
    else if (last.logical < LOGICAL_MAX) this.#last = { ...last, logical: last.logical + 1 };
    // A member may have sent the largest count there is.
    else this.#last = { wallMs: last.wallMs + 1, logical: 0 };
    return this.#last;
  }

  /** Takes note of a time that came from elsewhere. */
  observe(time: HybridTime): void {
    if (time.wallMs > this.#clock.now() + CLOCK_DRIFT_MAX_MS) return;
    if (compareTimes(time, this.#last) > 0) this.#last = time;
  }
}
