import {
  type DamagedVersion,
  decodeEntry,
  type Entry,
  type EntryRecord,
  GstoreError,
  isGstoreError,
  strippedOfDamaged,
} from "@gstore/core";
import { ENTRY_READS_AT_ONCE_MAX } from "./constants.ts";
import { EntryCache } from "./entry-cache.ts";
import { isRecordIntact, readStored, type StoredRecord } from "./record-reader.ts";
import type { StoreContext } from "./store-context.ts";
import type { EntryRow, EntryState } from "./tables/entry-row.ts";
import { isDisplaced } from "./tables/entry-table.ts";

/** Reads entries by their arrival. Damaged ones are noted, and passed over where more than one is read. */
export class EntryReader {
  readonly cache: EntryCache = new EntryCache();
  readonly #context: StoreContext;

  constructor(context: StoreContext) {
    this.#context = context;
  }

  /** A page of intact entries, read on past damaged ones so that a short page means the end. */
  async page(
    table: "entry" | "incomplete" | "erasing",
    after: number,
    limit: number,
  ): Promise<EntryRecord[]> {
    const found: EntryRecord[] = [];
    for (let from = after; found.length < limit; ) {
      const wanted = limit - found.length;
      const arrivals = this.#context.opened().tables.entries.arrivals(table, from, wanted);
      found.push(...(await this.readAll(arrivals)));
      const last = arrivals.at(-1);
      if (arrivals.length < wanted || last === undefined) break;
      from = last;
    }
    return found;
  }

  async readAll(arrivals: readonly number[]): Promise<EntryRecord[]> {
    const records: EntryRecord[] = [];
    for (let from = 0; from < arrivals.length; from += ENTRY_READS_AT_ONCE_MAX) {
      const some = arrivals.slice(from, from + ENTRY_READS_AT_ONCE_MAX);
      for (const record of await Promise.all(some.map((arrival) => this.#readOrSkip(arrival)))) {
        if (record) records.push(record);
      }
    }
    return records;
  }

  async #readOrSkip(arrival: number): Promise<EntryRecord | undefined> {
    try {
      return await this.read(arrival);
    } catch (error) {
      if (isGstoreError(error, "STORE_DAMAGED")) return undefined;
      throw error;
    }
  }

  async read(arrival: number): Promise<EntryRecord | undefined> {
    const { files, tables } = this.#context.opened();
    const cached = this.cache.get(arrival);
    if (cached) {
      const state = tables.entries.state(arrival);
      return state && recordOf(cached, arrival, state);
    }
    const row = tables.entries.row(arrival);
    if (row !== undefined && isDisplaced(row)) throw this.#damaged(row);
    const read = await readStored(files, () => tables.entries.row(arrival));
    if (read === undefined) return undefined;
    const entry = this.#decode(read);
    const now = tables.entries.row(arrival) ?? read.place;
    // It may have been stripped while it was read.
    if (now.segment === read.place.segment && now.offset === read.place.offset)
      this.cache.add(arrival, entry);
    return recordOf(entry, arrival, now);
  }

  /** Of these the ones whose records are damaged. */
  async damagedOf(arrivals: readonly number[], heads: readonly number[]): Promise<DamagedVersion[]> {
    const { files, tables } = this.#context.opened();
    const damaged: DamagedVersion[] = [];
    for (const arrival of arrivals) {
      if ((await this.#readOrSkip(arrival)) !== undefined) continue;
      const row = tables.entries.row(arrival);
      if (row === undefined || isDisplaced(row)) continue;
      const read = await readStored(files, () => tables.entries.row(arrival));
      const stripped = read === undefined ? null : strippedOfDamaged(read.body, row.id);
      damaged.push({ id: row.id, isSuperseded: !heads.includes(arrival), stripped });
    }
    return damaged;
  }

  #decode(stored: StoredRecord<EntryRow>): Entry {
    const row = stored.place;
    if (isRecordIntact(stored)) {
      const entry = decodeEntry(stored.body);
      if (entry.id === row.id) return entry;
    }
    throw this.#damaged(row);
  }

  #damaged(row: EntryRow): GstoreError {
    this.#context.damage.entries.add(row.id);
    const path = isDisplaced(row) ? this.#context.dir : this.#context.files.path(row.segment);
    const message = `The entry ${row.id} is damaged on this disk.`;
    return new GstoreError("STORE_DAMAGED", message, { path, version: row.id });
  }
}

function recordOf(entry: Entry, arrival: number, row: EntryState): EntryRecord {
  return {
    entry,
    arrival,
    complete: row.isComplete,
    dropped: row.isDropped,
    expired: row.isExpired,
    superseded: row.superseded,
  };
}
