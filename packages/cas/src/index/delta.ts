/**
 * Changes of a {@link KeyValueIndex} in memory, the last one of each key: a value, or null where the key was removed.
 * Keys are text of one character a byte, which compares and sorts as the bytes do. Kept by table, their first byte, so
 * that reading a range of one table does not look at the others' changes.
 */
export class Delta {
  readonly #tables = new Map<number, Map<string, Uint8Array | null>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): Uint8Array | null | undefined {
    return this.#tables.get(key.charCodeAt(0))?.get(key);
  }

  set(key: string, value: Uint8Array | null): void {
    const first = key.charCodeAt(0);
    let table = this.#tables.get(first);
    if (table === undefined) {
      table = new Map();
      this.#tables.set(first, table);
    }
    const before = table.size;
    table.set(key, value);
    this.#size += table.size - before;
  }

  /** Takes the changes of a later delta. */
  add(later: Delta): void {
    for (const [key, value] of later.all()) this.set(key, value);
  }

  *all(): Generator<[key: string, value: Uint8Array | null]> {
    for (const table of this.#tables.values()) yield* table;
  }

  /** Those from `start` (inclusive) to `end` (exclusive), in no order. */
  *within(start: string, end: string): Generator<[key: string, value: Uint8Array | null]> {
    for (const [first, table] of this.#tables) {
      if (first < start.charCodeAt(0) || first > end.charCodeAt(0)) continue;
      for (const change of table) if (change[0] >= start && change[0] < end) yield change;
    }
  }
}
