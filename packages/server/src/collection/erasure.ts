import { coversDot, type EntryId, type EntryRecord, type EntryStore, throwIfAborted } from "@gstore/core";
import type { ShownVersions } from "../shown-versions.ts";

const PAGE = 256;

export interface ErasureOptions {
  readonly entries: EntryStore;
  readonly shown: Pick<ShownVersions, "counts">;
}

/**
 * Gives up what removals with `erases` have seen: all versions that such a removal covers, if its author was allowed to write
 * it. What it has not seen stays, whenever it comes.
 */
export class Erasure {
  readonly #options: ErasureOptions;

  constructor(options: ErasureOptions) {
    this.#options = options;
  }

  /** Resolves with how many versions were given up. What does not count is looked at again the next time: it may by then. */
  async run(signal: AbortSignal): Promise<number> {
    const { entries, shown } = this.#options;
    let count = 0;
    for (let after = 0; ; ) {
      const page = await entries.erasing(after, PAGE);
      const last = page.at(-1);
      if (last === undefined) return count;
      const done: EntryId[] = [];
      for (const record of page) {
        throwIfAborted(signal);
        const { erases = false } = record.entry.body;
        const counts = erases && shown.counts(record);
        if (counts) count += await this.#erase(record);
        count += await this.#eraseIfSeen(record);
        if (counts || !erases) done.push(record.entry.id);
      }
      await entries.markErased(done);
      after = last.arrival;
    }
  }

  /** All versions that a removal has seen. */
  async #erase({ entry }: EntryRecord): Promise<number> {
    const { entries } = this.#options;
    const { space, keyId, context } = entry.body;
    let count = 0;
    let seen: EntryId[] = [];
    for await (const record of entries.versions(space, keyId)) {
      if (record.expired || !coversDot(context, record.entry.body.dot)) continue;
      count++;
      if (seen.push(record.entry.id) < PAGE) continue;
      await entries.markExpired(seen);
      seen = [];
    }
    await entries.markExpired(seen);
    return count;
  }

  /** A version that came after a removal that has seen it. One that does not count yet is looked at by itself. */
  async #eraseIfSeen({ entry, expired }: EntryRecord): Promise<number> {
    if (expired) return 0;
    const { entries, shown } = this.#options;
    const { space, keyId, dot } = entry.body;
    for await (const other of entries.versions(space, keyId)) {
      const { erases, context } = other.entry.body;
      if (!erases || !coversDot(context, dot) || !shown.counts(other)) continue;
      await entries.markExpired([entry.id]);
      return 1;
    }
    return 0;
  }
}
