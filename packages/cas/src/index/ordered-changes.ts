/** A change of one record: its key as text, one character a byte, and what it says now; null where it is removed. */
export type Change = readonly [key: string, value: Uint8Array | null];

/**
 * Changes by key, the latest of each. Those within a range come in order without a look at all the others: keys are kept
 * sorted per table (their first byte), and only once somebody asks for a range of that table.
 */
export class OrderedChanges implements Iterable<Change> {
  readonly #values = new Map<string, Uint8Array | null>();
  readonly #tables = new Map<string, SortedKeys>();

  get size(): number {
    return this.#values.size;
  }

  /** Undefined where the key has no change. */
  get(key: string): Uint8Array | null | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Uint8Array | null): void {
    if (!this.#values.has(key)) {
      const table = key.slice(0, 1);
      const keys = this.#tables.get(table);
      if (keys) keys.add(key);
      else this.#tables.set(table, new SortedKeys(key));
    }
    this.#values.set(key, value);
  }

  /** Changes of keys from `start` on (inclusive) up to `end` (exclusive), ascending. */
  *within(start: string, end: string): Generator<Change> {
    for (const table of [...this.#tables.keys()].sort()) {
      if (table < start.slice(0, 1) || table > end.slice(0, 1)) continue;
      for (const key of (this.#tables.get(table) as SortedKeys).from(start)) {
        if (key >= end) return;
        yield [key, this.#values.get(key) as Uint8Array | null];
      }
    }
  }

  [Symbol.iterator](): IterableIterator<Change> {
    return this.#values.entries();
  }
}

/** Distinct keys, sorted when they are read. */
class SortedKeys {
  #sorted: string[] = [];
  #fresh: string[];

  constructor(first: string) {
    this.#fresh = [first];
  }

  add(key: string): void {
    this.#fresh.push(key);
  }

  /** The keys from `start` on. Those added meanwhile may be missing. */
  *from(start: string): Generator<string> {
    this.#settle();
    const keys = this.#sorted;
    let low = 0;
    for (let high = keys.length; low < high; ) {
      const middle = (low + high) >> 1;
      if ((keys[middle] as string) < start) low = middle + 1;
      else high = middle;
    }
    for (; low < keys.length; low++) yield keys[low] as string;
  }

  #settle(): void {
    if (this.#fresh.length === 0) return;
    const fresh = this.#fresh.sort();
    const sorted = this.#sorted;
    this.#fresh = [];
    const last = sorted.at(-1);
    // Most often they follow what was there: numbers that grow.
    if (last === undefined || last < (fresh[0] as string)) this.#sorted = sorted.concat(fresh);
    else this.#sorted = merged(sorted, fresh);
  }
}

function merged(one: readonly string[], two: readonly string[]): string[] {
  const all: string[] = [];
  let at = 0;
  for (const key of two) {
    while (at < one.length && (one[at] as string) < key) all.push(one[at++] as string);
    all.push(key);
  }
  while (at < one.length) all.push(one[at++] as string);
  return all;
}
