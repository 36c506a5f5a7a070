/** A small file that takes longer than this on average makes the others wait more than another thread would. */
const QUICK_MS_MAX = 2;
/** What one file counts at most: a moment without the processor says nothing about the disk. */
const COUNTED_MS_MAX = 10;
const WEIGHT = 1 / 32;

/**
 * Whether a disk answers small files at once. Then they are read and written on this thread: a trip to another one costs
 * ten times the call, and a small file takes eight calls. A disk that makes us wait gets several files at a time instead,
 * from then on.
 */
export class DiskPace {
  #averageMs = 0;

  get isQuick(): boolean {
    return this.#averageMs <= QUICK_MS_MAX;
  }

  /** Does the work of one small file. */
  timed<T>(work: () => T): T {
    const begun = performance.now();
    try {
      return work();
    } finally {
      const tookMs = Math.min(COUNTED_MS_MAX, performance.now() - begun);
      this.#averageMs += (tookMs - this.#averageMs) * WEIGHT;
    }
  }
}
