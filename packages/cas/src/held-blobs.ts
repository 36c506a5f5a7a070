import { type BlobHold, type Digest, DigestFilter, type Random } from "@gstore/core";
import { HELD_BLOBS_FIRST, HELD_BLOBS_PER_FILTER_MAX, HELD_FILTERS_MAX } from "./constants.ts";

interface Period {
  readonly number: number;
  readonly filter: DigestFilter;
}

/**
 * Which blobs were put or said to be here while somebody holds blobs. Time is cut into periods, each with a filter: a hold
 * counts from the beginning of the period in which it began, and periods before the oldest hold are forgotten. Filters take
 * some blobs for held that are not; these are collected another time.
 */
export class HeldBlobs {
  readonly #random: Random;
  /** The periods from which on holds protect. */
  readonly #holds = new Map<BlobHold, number>();
  /** Oldest first; the last one is the present. */
  #periods: Period[] = [];
  #next = 0;
  /** Periods before this one had to be forgotten although they are held: for those all blobs count as held. */
  #lostBefore = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  hold({ others = false }: { readonly others?: boolean } = {}): BlobHold {
    const present = this.#periods.at(-1)?.number ?? this.#next;
    const hold: BlobHold = { release: () => this.#release(hold) };
    this.#holds.set(hold, others ? (this.#oldest ?? present) : present);
    return hold;
  }

  touch(digest: Digest): void {
    if (this.#holds.size > 0) this.#present().filter.add(digest);
  }

  isHeld(digest: Digest): boolean {
    const oldest = this.#oldest;
    if (oldest === undefined) return false;
    if (oldest < this.#lostBefore) return true;
    return this.#periods.some(({ filter }) => filter.has(digest));
  }

  get #oldest(): number | undefined {
    let oldest: number | undefined;
    for (const number of this.#holds.values()) if (oldest === undefined || number < oldest) oldest = number;
    return oldest;
  }

  #present(): Period {
    const last = this.#periods.at(-1);
    if (last === undefined) return this.#add(HELD_BLOBS_FIRST);
    const { filter } = last;
    if (filter.count < filter.capacity) return last;
    return this.#add(Math.min(HELD_BLOBS_PER_FILTER_MAX, 2 * filter.capacity));
  }

  #add(capacity: number): Period {
    const period = { number: this.#next++, filter: new DigestFilter(capacity, this.#random) };
    this.#periods.push(period);
    if (this.#periods.length > HELD_FILTERS_MAX) {
      this.#periods.shift();
      this.#lostBefore = (this.#periods[0] as Period).number;
    }
    return period;
  }

  #release(hold: BlobHold): void {
    this.#holds.delete(hold);
    const oldest = this.#oldest;
    this.#periods = oldest === undefined ? [] : this.#periods.filter(({ number }) => number >= oldest);
  }
}
