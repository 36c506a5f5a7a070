import type { Random } from "@gstore/core";
import type { Scheduler } from "../time/scheduler.ts";

/** How one direction between two machines is. */
export interface WayQuality {
  /** Milliseconds that everything takes, and up to how many more by chance. */
  readonly latencyMs: number;
  readonly jitterMs: number;
  /** Bytes in a millisecond. */
  readonly bytesPerMs: number;
  /** Of 100 messages so many are lost and sent again, which takes up to `RESEND_MS_MAX`. */
  readonly lossPercent: number;
}

export const GOOD_WAY: WayQuality = { latencyMs: 2, jitterMs: 2, bytesPerMs: 50_000, lossPercent: 0 };

const RESEND_MS = { least: 200, most: 1500 };

/** One direction between two machines. While it is blocked nothing arrives; what was sent comes later, as TCP sends it again. */
export class Way {
  quality: WayQuality = GOOD_WAY;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  #isBlocked = false;
  #busyUntil = 0;
  readonly #waiting = new Set<() => void>();

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#random = random;
  }

  get isBlocked(): boolean {
    return this.#isBlocked;
  }

  block(): void {
    this.#isBlocked = true;
  }

  unblock(): void {
    this.#isBlocked = false;
    for (const resume of this.#waiting) this.#scheduler.schedule(this.resendMs(), resume);
    this.#waiting.clear();
  }

  /** Calls back some time after the way is open again. */
  whenOpen(resume: () => void): void {
    this.#waiting.add(resume);
  }

  /** Milliseconds from now until so many bytes that are sent now arrive. All that is sent shares the bandwidth. */
  delayOf(bytes: number): number {
    const { latencyMs, jitterMs, bytesPerMs, lossPercent } = this.quality;
    const { now } = this.#scheduler;
    this.#busyUntil = Math.max(now, this.#busyUntil) + bytes / bytesPerMs;
    const isLost = lossPercent > 0 && this.#random.below(100) < lossPercent;
    const jitter = (jitterMs * this.#random.below(1000)) / 1000;
    return this.#busyUntil - now + latencyMs + jitter + (isLost ? this.resendMs() : 0);
  }

  resendMs(): number {
    return RESEND_MS.least + this.#random.below(RESEND_MS.most - RESEND_MS.least);
  }
}
