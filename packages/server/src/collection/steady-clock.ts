import type { Clock } from "@gstore/core";

/** What wall and monotonic clock may come apart by between two looks (ms): corrections of a clock that is about right. */
const STEP_MS_MAX = 5 * 60 * 1000;

/**
 * Whether the wall clock goes on evenly. What is destroyed by age waits for a while after it jumped: somebody may be setting
 * it right. A machine that slept looks like a jump too, and costs that while.
 */
export class SteadyClock {
  readonly #clock: Clock;
  readonly #pauseMs: number;
  #apart: number;
  #jumpedAt: number | null = null;

  constructor(clock: Clock, pauseMs: number) {
    this.#clock = clock;
    this.#pauseMs = pauseMs;
    this.#apart = clock.now() - clock.monotonic();
  }

  /** Asked now and then: it sees what happened since it was last asked. */
  isSteady(): boolean {
    this.#look();
    return this.#jumpedAt === null || this.#clock.monotonic() - this.#jumpedAt >= this.#pauseMs;
  }

  #look(): void {
    const apart = this.#clock.now() - this.#clock.monotonic();
    if (Math.abs(apart - this.#apart) > STEP_MS_MAX) this.#jumpedAt = this.#clock.monotonic();
    this.#apart = apart;
  }
}
