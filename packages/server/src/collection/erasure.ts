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
import { purgeDamaged } from "./damaged-purged.ts";
import { isStrippable } from "./purges.ts";

const PAGE = 256;
/** Entries that are noted as lacking their metadata at once: the rest follows when these are whole. */
const LACKING_MAX = 4096;

export interface ErasureOptions {
  readonly entries: EntryStore;
  readonly shown: Pick<ShownVersions, "counts">;
  /** Resolves when all is stored that was looked at by what purges covered before. */
  readonly settled?: () => Promise<void>;
  /** Told of entries whose damaged records were given up: some other member may have them. */
  readonly damaged?: (entries: readonly EntryId[]) => void;
  /** Told after each run of entries that came stripped and that no purge here covers: some other member has them whole. */
  readonly lacking?: (entries: readonly EntryRecord[]) => void;
}

/** What removals of one key have seen together, those that erase, and of these those that purge. */
interface Seen {
  readonly erased: VersionVector;
  readonly purged: VersionVector;
  readonly carriedOut: ReadonlySet<EntryId>;
}

/**
 * Gives up what removals with `erases` have seen: all versions that such a removal covers, if its author was allowed to write
 * it; and strips the entries of those that one with `purges` covers. What it has not seen stays, whenever it comes.
 */
export class Erasure {
  readonly #options: ErasureOptions;

  constructor(options: ErasureOptions) {
    this.#options = options;
  }

  /** Resolves with how many versions were given up. What does not count is looked at again the next time: it may by then. */
  async run(signal: AbortSignal): Promise<number> {
    const { entries, lacking, settled } = this.#options;
    await settled?.();
    const stripped: EntryRecord[] = [];
    let count = 0;
    for (let after = 0; ; ) {
      const page = await entries.erasing(after, PAGE);
      const last = page.at(-1);
      if (last === undefined) break;
      count += await this.#look(page, stripped, signal);
      after = last.arrival;
    }
    lacking?.(stripped);
    return count;
  }

  async #look(page: readonly EntryRecord[], stripped: EntryRecord[], signal: AbortSignal): Promise<number> {
    const { entries } = this.#options;
    const done: EntryId[] = [];
    const pending: EntryId[] = [];
    let count = 0;
    const keys = Map.groupBy(page, ({ entry }) => `${entry.body.space} ${entry.body.keyId}`);
    for (const records of keys.values()) {
      throwIfAborted(signal);
      const { body } = (records[0] as EntryRecord).entry;
      const { erased, seen } = await this.#erase(body);
      count += erased;
      for (const record of records) {
        const { id, body } = record.entry;
        const isLacking = body.sealed === null && !coversDot(seen.purged, body.dot);
        if (isLacking && stripped.length < LACKING_MAX) stripped.push(record);
        if (isLacking || (body.erases && !seen.carriedOut.has(id))) continue;
        (seen.purged.length > 0 ? pending : done).push(id);
      }
    }
    // Once for all of them: each time may rewrite a pack. Where something is left on the disk, the next run goes on.
    if (pending.length > 0 && (await entries.destroyStripped())) done.push(...pending);
    await entries.markErased(done);
    return count;
  }

  /** Looks at a key as a whole, however much of it is new: a member may write any number of removals to one. */
  async #erase(key: KeyOfSpace): Promise<{ erased: number; seen: Seen }> {
    const { entries } = this.#options;
    const seen = await this.#seen(key);
    let erased = 0;
    if (seen.carriedOut.size === 0) return { erased, seen };
    let expiring: EntryId[] = [];
    let stripping: EntryId[] = [];
    for await (const { entry, expired } of entries.versions(key.space, key.keyId)) {
      const { id, body } = entry;
      if (isStrippable(body) && coversDot(seen.purged, body.dot)) stripping.push(id);
      if (!expired && coversDot(seen.erased, body.dot)) {
        erased++;
        expiring.push(id);
      }
      if (expiring.length + stripping.length < PAGE) continue;
      await entries.markExpired(expiring);
      await entries.strip(stripping);
      [expiring, stripping] = [[], []];
    }
    await entries.markExpired(expiring);
    await entries.strip(stripping);
    if (seen.purged.length > 0) {
      const lost = await purgeDamaged(entries, key, seen.purged);
      if (lost.length > 0) this.#options.damaged?.(lost);
    }
    return { erased, seen };
  }

  /** What some removals have seen is what all of them together have seen. */
  async #seen({ space, keyId }: KeyOfSpace): Promise<Seen> {
    const { entries, shown } = this.#options;
    const carriedOut = new Set<EntryId>();
    let [erased, purged]: [VersionVector, VersionVector] = [[], []];
    for await (const record of entries.versions(space, keyId)) {
      const { id, body } = record.entry;
      if (!body.erases || !shown.counts(record)) continue;
      carriedOut.add(id);
      erased = mergeVectors(erased, body.context);
      if (body.purges) purged = mergeVectors(purged, body.context);
    }
    return { erased, purged, carriedOut };
  }
}
