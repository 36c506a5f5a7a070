import {
  coversDot,
  type EntryId,
  type EntryRecord,
  type EntryStore,
  mergeVectors,
  throwIfAborted,
  type VersionVector,
} from "@gstore/core";
import type { KeyOfSpace, ShownVersions } from "../shown-versions.ts";

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
    const { entries } = this.#options;
    let count = 0;
    for (let after = 0; ; ) {
      const page = await entries.erasing(after, PAGE);
      const last = page.at(-1);
      if (last === undefined) return count;
      const done: EntryId[] = [];
      const keys = Map.groupBy(page, ({ entry }) => `${entry.body.space} ${entry.body.keyId}`);
      for (const records of keys.values()) {
        throwIfAborted(signal);
        const { body } = (records[0] as EntryRecord).entry;
        const { erased, carriedOut } = await this.#erase(body);
        count += erased;
        const isDone = ({ entry }: EntryRecord): boolean => !entry.body.erases || carriedOut.has(entry.id);
        done.push(...records.filter(isDone).map(({ entry }) => entry.id));
      }
      await entries.markErased(done);
      after = last.arrival;
    }
  }

  /** Looks at a key as a whole, however much of it is new: a member may write any number of removals to one. */
  async #erase({ space, keyId }: KeyOfSpace): Promise<{ erased: number; carriedOut: ReadonlySet<EntryId> }> {
    const { entries, shown } = this.#options;
    const carriedOut = new Set<EntryId>();
    // What some removal has seen is what all of them together have seen.
    let seen: VersionVector = [];
    for await (const record of entries.versions(space, keyId)) {
      const { id, body } = record.entry;
      if (!body.erases || !shown.counts(record)) continue;
      carriedOut.add(id);
      seen = mergeVectors(seen, body.context);
    }
    let erased = 0;
    if (carriedOut.size === 0) return { erased, carriedOut };
    let some: EntryId[] = [];
    for await (const { entry, expired } of entries.versions(space, keyId)) {
      if (expired || !coversDot(seen, entry.body.dot)) continue;
      erased++;
      if (some.push(entry.id) < PAGE) continue;
      await entries.markExpired(some);
      some = [];
    }
    await entries.markExpired(some);
    return { erased, carriedOut };
  }
}
