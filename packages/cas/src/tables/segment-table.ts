import type { KeyValueIndex } from "../index/key-value-index.ts";
import { numberAtEnd, numberKey, TABLES, tableEnd, tableStart } from "../index/keys.ts";

/** What the index knows of a segment besides its records. */
export interface SegmentState {
  /** Bytes of records that are in use: blobs, entries and membership records that an index row points to. */
  liveBytes: number;
  /** Compaction has begun to move its records: copies of some may be in later segments as well. */
  isEmptying: boolean;
  /** It had a damaged entry when an index was made: one that is in no index, and is had from others. */
  hasLost: boolean;
}

const VALUE_BYTES = 8;
const PAGE = 1000;

/** The segments that hold something, all in memory: about 4000 for a terabyte. */
export class SegmentTable {
  readonly #index: KeyValueIndex;
  readonly #states = new Map<number, SegmentState>();
  readonly #changed = new Set<number>();

  constructor(index: KeyValueIndex) {
    this.#index = index;
  }

  load(): void {
    for (let start = tableStart(TABLES.segment); ; ) {
      const page = this.#index.range(start, tableEnd(TABLES.segment), PAGE);
      for (const [key, value] of page) {
        const view = Buffer.from(value);
        const state = { liveBytes: view.readUIntLE(0, 6), isEmptying: view[6] === 1, hasLost: view[7] === 1 };
        this.#states.set(numberAtEnd(key), state);
      }
      const last = page.at(-1)?.[0];
      if (page.length < PAGE || last === undefined) return;
      start = numberKey(TABLES.segment, numberAtEnd(last) + 1);
    }
  }

  numbers(): number[] {
    return [...this.#states.keys()].sort((left, right) => left - right);
  }

  has(segment: number): boolean {
    return this.#states.has(segment);
  }

  liveBytes(segment: number): number {
    return this.#states.get(segment)?.liveBytes ?? 0;
  }

  isEmptying(segment: number): boolean {
    return this.#states.get(segment)?.isEmptying ?? false;
  }

  hasLost(segment: number): boolean {
    return this.#states.get(segment)?.hasLost ?? false;
  }

  /** Notes that a segment exists, or that so many more (or fewer) of its bytes are in use. */
  add(segment: number, liveBytes: number): void {
    const state = this.#states.get(segment) ?? { liveBytes: 0, isEmptying: false, hasLost: false };
    state.liveBytes = Math.max(0, state.liveBytes + liveBytes);
    this.#states.set(segment, state);
    this.#changed.add(segment);
  }

  markEmptying(segment: number): void {
    this.add(segment, 0);
    (this.#states.get(segment) as SegmentState).isEmptying = true;
  }

  markLost(segment: number): void {
    this.add(segment, 0);
    (this.#states.get(segment) as SegmentState).hasLost = true;
  }

  remove(segment: number): void {
    this.#states.delete(segment);
    this.#changed.add(segment);
  }

  /** Puts what has changed into the index, to be committed with the rest. */
  flush(): void {
    for (const segment of this.#changed) {
      const key = numberKey(TABLES.segment, segment);
      const state = this.#states.get(segment);
      if (state === undefined) {
        this.#index.remove(key);
        continue;
      }
      const value = Buffer.alloc(VALUE_BYTES);
      value.writeUIntLE(state.liveBytes, 0, 6);
      value[6] = state.isEmptying ? 1 : 0;
      value[7] = state.hasLost ? 1 : 0;
      this.#index.put(key, value);
    }
    this.#changed.clear();
  }
}
