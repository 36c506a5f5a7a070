import type { Cancel, Scheduler } from "../time/scheduler.ts";

/**
 * One run of a node's process. What the process does reaches the world only through things that hold its life: after its
 * end none of its timers fires, nothing it sent or asked of its disk comes to anything, and what it waits for never comes.
 */
export class Life {
  readonly #scheduler: Scheduler;
  #isOver = false;
  #timers = 0;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Timers of its clock that wait. */
  get timers(): number {
    return this.#timers;
  }

  end(): void {
    this.#isOver = true;
  }

  /** Calls back after so long in the world's time, unless the process ends before. */
  after(delayMs: number, action: () => void): Cancel {
    if (this.#isOver) return () => {};
    return this.#scheduler.schedule(delayMs, () => {
      if (!this.#isOver) action();
    });
  }

  /** As {@link after}, counted as one of the process's own timers. */
  timer(delayMs: number, action: () => void): Cancel {
    this.#timers++;
    let isPending = true;
    const settle = (): void => {
      if (isPending) this.#timers--;
      isPending = false;
    };
    const cancel = this.after(delayMs, () => {
      settle();
      action();
    });
    return () => {
      settle();
      cancel();
    };
  }

  /** Resolves after so long; never where the process ends before. */
  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.after(delayMs, resolve));
  }

  /** What it gives while the process runs; a promise that never settles afterwards. */
  whileAlive<T>(work: () => Promise<T>): Promise<T> {
    return this.#isOver ? new Promise<T>(() => {}) : work();
  }
}
