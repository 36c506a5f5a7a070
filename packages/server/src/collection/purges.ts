import {
  coversDot,
  type EntryBody,
  type EntryId,
  type EntryStore,
  mergeVectors,
  type VersionVector,
} from "@gstore/core";
import type { KeyOfSpace, ShownVersions } from "../shown-versions.ts";

export interface PurgesOptions {
  readonly entries: EntryStore;
  readonly shown: Pick<ShownVersions, "counts">;
  /** Carries out what is known of removals that erase and purge. */
  readonly erase: () => Promise<void>;
}

/** What became of a purge on this node. */
export interface PurgeState {
  /** Nothing that was sealed in the versions it covers is left here, but for those that are `old`. */
  readonly isCarriedOut: boolean;
  /** Versions that it covers here, of which nothing sealed is left. */
  readonly stripped: number;
  /** Versions that it covers here, written before gstore could purge: their metadata can't be taken away. */
  readonly old: number;
}

/** Whether something is left to take out of it. */
export function isStrippable({ sealed, sealedDigest }: EntryBody): boolean {
  return sealed !== null && sealedDigest !== undefined;
}

/** Says how far purges are carried out here. */
export class Purges {
  readonly #options: PurgesOptions;

  constructor(options: PurgesOptions) {
    this.#options = options;
  }

  /** Carries the purge of this entry out, as far as is possible now. Null where the entry is not here, is no purge or does not count. */
  async carryOut(version: EntryId): Promise<PurgeState | null> {
    const { entries, shown, erase } = this.#options;
    const record = await entries.get(version);
    if (!record?.entry.body.purges || !shown.counts(record)) return null;
    await erase();
    const { space, keyId, context } = record.entry.body;
    let [stripped, old, left] = [0, 0, 0];
    for await (const { entry } of entries.versions(space, keyId)) {
      if (!coversDot(context, entry.body.dot)) continue;
      if (isStrippable(entry.body)) left++;
      else if (entry.body.sealed === null) stripped++;
      else old++;
    }
    const isCarriedOut = left === 0 && (await entries.destroyStripped());
    return { isCarriedOut, stripped, old };
  }

  /** The versions of a key that purges cover, of those that count: their metadata is gone for good. */
  async coverOf({ space, keyId }: KeyOfSpace): Promise<VersionVector> {
    const { entries, shown } = this.#options;
    let cover: VersionVector = [];
    for await (const record of entries.versions(space, keyId)) {
      const { purges, context } = record.entry.body;
      if (purges && shown.counts(record)) cover = mergeVectors(cover, context);
    }
    return cover;
  }
}
