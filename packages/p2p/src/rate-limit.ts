import { type BulkLimits, type Clock, GstoreError } from "@gstore/core";
import {
  RATE_BURST_SHARE,
  RATE_BYTES_PER_SECOND_MIN,
  RATE_QUANTUM_BYTES_MAX,
  RATE_QUANTUM_SHARE,
} from "./limits.ts";

/**
 * A token bucket over the bytes of all bulk connections in one direction. Who has to wait is woken in the order of asking,
 * so that connections take turns. Never more than `RATE_BURST_SHARE` of a second's worth is saved up, and what goes first
 * (`isUrgent`) may take at most a second's worth that is not there yet: the others then wait until it is paid off.
 */
export class RateLimit {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #perSecond: number | null = null;
  #tokens = 0;
  #atMs = 0;
  #cancelTimer: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Null where nothing is limited. */
  get bytesPerSecond(): number | null {
    return this.#perSecond;
  }

  /** Holds at once, for running transfers too. */
  set(bytesPerSecond: number | null): void {
    this.#perSecond = bytesPerSecond;
    this.#tokens = 0;
    this.#atMs = this.#clock.monotonic();
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (bytesPerSecond === null) for (const wake of this.#taken()) wake();
    else this.#wakeLater();
  }

  /** So many of `wanted` bytes may go now, and are taken off; 0 says to wait. */
  take(wanted: number, { isUrgent }: { isUrgent: boolean }): number {
    if (this.#perSecond === null) return wanted;
    this.#refill(this.#perSecond);
    const there = Math.floor(this.#tokens + (isUrgent ? this.#perSecond : 0));
    // A turn is worth a turn: many small writes would cost more than they carry.
    if (there < Math.min(wanted, this.#quantum(this.#perSecond))) return 0;
    const granted = Math.min(wanted, there);
    this.#tokens -= granted;
    return granted;
  }

  /** Takes off what has gone already. */
  charge(bytes: number): void {
    if (this.#perSecond === null) return;
    this.#refill(this.#perSecond);
    this.#tokens -= bytes;
  }

  /** Whether more may go, after what was charged. */
  hasRoom({ isUrgent }: { isUrgent: boolean }): boolean {
    if (this.#perSecond === null) return true;
    this.#refill(this.#perSecond);
    return this.#tokens + (isUrgent ? this.#perSecond : 0) > 0;
  }

  /** Calls back once, when it is the caller's turn. The returned function takes that back. */
  wait(wake: () => void): () => void {
    this.#waiting.add(wake);
    this.#wakeLater();
    return () => void this.#waiting.delete(wake);
  }

  #refill(perSecond: number): void {
    const now = this.#clock.monotonic();
    const gained = ((now - this.#atMs) / 1000) * perSecond;
    this.#tokens = Math.min(perSecond * RATE_BURST_SHARE, this.#tokens + gained);
    this.#atMs = now;
  }

  #quantum(perSecond: number): number {
    return Math.max(1, Math.min(RATE_QUANTUM_BYTES_MAX, Math.floor(perSecond * RATE_QUANTUM_SHARE)));
  }

  #wakeLater(): void {
    if (this.#cancelTimer !== null || this.#waiting.size === 0 || this.#perSecond === null) return;
    this.#refill(this.#perSecond);
    const lacking = Math.max(0, this.#quantum(this.#perSecond) - this.#tokens);
    const delayMs = Math.max(1, Math.ceil((lacking / this.#perSecond) * 1000));
    this.#cancelTimer = this.#clock.after(delayMs, () => {
      this.#cancelTimer = null;
      this.#wakeSome();
    });
  }

  /** One after the other while there is something to give; who takes nothing is not asked again in this round. */
  #wakeSome(): void {
    for (const wake of [...this.#waiting]) {
      if (this.#perSecond !== null) {
        this.#refill(this.#perSecond);
        if (this.#tokens < this.#quantum(this.#perSecond)) break;
      }
      if (this.#waiting.delete(wake)) wake();
    }
    this.#wakeLater();
  }

  #taken(): (() => void)[] {
    const all = [...this.#waiting];
    this.#waiting.clear();
    return all;
  }
}

/** Both directions of a node's bulk connections. */
export interface BulkRates {
  readonly up: RateLimit;
  readonly down: RateLimit;
}

export function setBulkRates({ up, down }: BulkRates, limits: BulkLimits): void {
  const rates = [checkedRate(limits.upBytesPerSecond), checkedRate(limits.downBytesPerSecond)] as const;
  up.set(rates[0]);
  down.set(rates[1]);
}

export function bulkRatesOf({ up, down }: BulkRates): BulkLimits {
  return { upBytesPerSecond: up.bytesPerSecond, downBytesPerSecond: down.bytesPerSecond };
}

/** For connections that nothing limits. */
export const UNLIMITED: Pick<RateLimit, "take" | "wait"> = {
  take: (wanted) => wanted,
  wait: () => () => {},
};

/** The rate itself. Throws `INVALID_ARGUMENT` for one below which transfers would be taken for stalled. */
function checkedRate(bytesPerSecond: number | null): number | null {
  if (bytesPerSecond === null || bytesPerSecond >= RATE_BYTES_PER_SECOND_MIN) return bytesPerSecond;
  throw new GstoreError(
    "INVALID_ARGUMENT",
    `A limit of ${bytesPerSecond} bytes per second is too low; at least ${RATE_BYTES_PER_SECOND_MIN} are needed. To stop all transfers, stop the node.`,
  );
}
