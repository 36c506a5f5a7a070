import type { Entry } from "@gstore/core";
import { ENTRY_CACHE_BYTES_MAX, ENTRY_CACHE_RECORDS_MAX } from "./constants.ts";

/** Decoded entries by arrival, the longest unused dropped first. */
export class EntryCache {
  readonly #entries = new Map<number, Entry>();
  #bytes = 0;

  get(arrival: number): Entry | undefined {
    const entry = this.#entries.get(arrival);
    if (entry) {
      this.#entries.delete(arrival);
      this.#entries.set(arrival, entry);
    }
    return entry;
  }

  remove(arrival: number): void {
    this.#bytes -= this.#entries.get(arrival)?.bytes.length ?? 0;
    this.#entries.delete(arrival);
  }

  add(arrival: number, entry: Entry): void {
    if (this.#entries.has(arrival)) return;
    this.#entries.set(arrival, entry);
    this.#bytes += entry.bytes.length;
    for (const [oldest, { bytes }] of this.#entries) {
      if (this.#entries.size <= ENTRY_CACHE_RECORDS_MAX && this.#bytes <= ENTRY_CACHE_BYTES_MAX) return;
      this.#entries.delete(oldest);
      this.#bytes -= bytes.length;
    }
  }
}
