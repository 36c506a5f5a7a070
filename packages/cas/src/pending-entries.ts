import { type Entry, type EntryId, GstoreError } from "@gstore/core";
import type { EntryTable } from "./tables/entry-table.ts";

/** What an append has to do with each of its entries. */
export interface AppendPlan {
  /** Not here yet: to be written, in this order. */
  readonly added: readonly Entry[];
  /** Already here. */
  readonly known: readonly Entry[];
  /** Being written by another append. */
  readonly joined: readonly Entry[];
  readonly waits: readonly Promise<void>[];
}

/** Entries that are queued for the log, and the seq that the next one of each author must have. */
export class PendingEntries {
  readonly #table: EntryTable;
  readonly #writes = new Map<EntryId, Promise<void>>();
  /** Per author and incarnation: ids of queued entries by seq. */
  readonly #queued = new Map<string, Map<number, EntryId>>();

  constructor(table: EntryTable) {
    this.#table = table;
  }

  /** Sorts entries into new and known ones. Throws `ENTRY_REFUSED` for a gap or a fork. */
  plan(entries: readonly Entry[]): AppendPlan {
    const added: Entry[] = [];
    const known: Entry[] = [];
    const joined: Entry[] = [];
    const waits: Promise<void>[] = [];
    const planned = new Map<string, Map<number, EntryId>>();
    for (const entry of entries) {
      const other = this.#writes.get(entry.id);
      const author = authorText(entry);
      const own = planned.get(author) ?? new Map<number, EntryId>();
      planned.set(author, own);
      if (own.get(entry.body.seq) === entry.id) continue;
      if (other) {
        joined.push(entry);
        waits.push(other);
      } else if (this.#table.arrivalOf(entry.id) !== undefined) {
        known.push(entry);
      } else {
        this.#check(entry, own);
        own.set(entry.body.seq, entry.id);
        added.push(entry);
      }
    }
    return { added, known, joined, waits };
  }

  /** Notes that `entries` are being written, each until its promise settles. */
  begin(entries: readonly Entry[], writes: readonly Promise<void>[]): void {
    entries.forEach((entry, index) => {
      const write = writes[index] as Promise<void>;
      const author = authorText(entry);
      const queued = this.#queued.get(author) ?? new Map<number, EntryId>();
      this.#queued.set(author, queued.set(entry.body.seq, entry.id));
      this.#writes.set(entry.id, write);
      const done = (): void => this.#end(entry);
      write.then(done, done);
    });
  }

  #end(entry: Entry): void {
    this.#writes.delete(entry.id);
    const author = authorText(entry);
    const queued = this.#queued.get(author);
    queued?.delete(entry.body.seq);
    if (queued?.size === 0) this.#queued.delete(author);
  }

  #check(entry: Entry, planned: ReadonlyMap<number, EntryId>): void {
    const { dot, seq } = entry.body;
    const queued = this.#queued.get(authorText(entry));
    const isHere = (number: number): boolean =>
      number === 0 ||
      planned.has(number) ||
      queued?.has(number) === true ||
      this.#table.arrivalAt(dot.author, dot.incarnation, number) !== undefined;
    if (isHere(seq)) throw refused(entry, `another entry of its author has number ${seq}`);
    if (!isHere(seq - 1)) throw refused(entry, `its author's entry ${seq - 1} is not here`);
  }
}

function authorText(entry: Entry): string {
  return `${entry.body.dot.author} ${entry.body.dot.incarnation}`;
}

function refused(entry: Entry, reason: string): GstoreError {
  return new GstoreError("ENTRY_REFUSED", `The entry ${entry.id} was refused: ${reason}.`, {
    version: entry.id,
    peer: entry.body.dot.author,
  });
}
