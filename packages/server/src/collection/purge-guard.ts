import {
  coversDot,
  type Entry,
  type EntryId,
  type EntryStore,
  strippedEntry,
  type VersionVector,
} from "@gstore/core";
import type { KeyOfSpace } from "../shown-versions.ts";
import { isStrippable } from "./purges.ts";

/** Keys of which it is remembered what purges cover, some kilobytes each at the worst. */
const COVERS_MAX = 256;

export interface PurgeGuardOptions {
  readonly entries: EntryStore;
  /** What purges that count have seen of a key. */
  readonly coverOf: (key: KeyOfSpace) => Promise<VersionVector>;
  /** Versions were given up as they came: what came along with them is garbage. */
  readonly gaveUp: () => void;
}

/**
 * Stands before the store for entries that others send: none that a purge here covers is stored whole, not for a moment.
 * Otherwise what a receipt was signed for would not hold when somebody sends the version afterwards.
 */
export class PurgeGuard {
  readonly #options: PurgeGuardOptions;
  readonly #storing = new Set<Promise<unknown>>();
  #covers = new Map<string, VersionVector>();

  constructor(options: PurgeGuardOptions) {
    this.#options = options;
  }

  /** Runs what asks for {@link stripped} and stores what that gives: {@link settled} waits for it. */
  async storing<T>(work: () => Promise<T>): Promise<T> {
    const stored = work();
    this.#storing.add(stored);
    try {
      return await stored;
    } finally {
      this.#storing.delete(stored);
    }
  }

  /** The entry as it is to be stored: without what is sealed in it, where a purge here covers it. */
  async stripped(entry: Entry): Promise<Entry> {
    const { space, keyId, dot } = entry.body;
    // Most are seen by nothing here: what that costs is one look into the index.
    if (!isStrippable(entry.body) || !(await this.#options.entries.isSeen(space, keyId, dot))) return entry;
    const cover = await this.#coverOf({ space, keyId });
    return coversDot(cover, dot) ? (strippedEntry(entry) ?? entry) : entry;
  }

  /** Once those that `stripped` changed are stored: nobody reads them here, and their blobs go. */
  async giveUp(versions: readonly EntryId[]): Promise<void> {
    if (versions.length === 0) return;
    await this.#options.entries.markExpired(versions);
    this.#options.gaveUp();
  }

  /** Purges may cover more than before: they are asked anew. */
  forget(): void {
    this.#covers = new Map();
  }

  /** {@link forget}, and resolves when all is stored for which they were asked before. */
  async settled(): Promise<void> {
    this.forget();
    await Promise.allSettled(this.#storing);
  }

  async #coverOf(key: KeyOfSpace): Promise<VersionVector> {
    // What is read before they are forgotten does not get among what is read later.
    const covers = this.#covers;
    const text = `${key.space} ${key.keyId}`;
    const known = covers.get(text);
    if (known !== undefined) return known;
    const cover = await this.#options.coverOf(key);
    for (const oldest of covers.keys()) {
      if (covers.size < COVERS_MAX) break;
      covers.delete(oldest);
    }
    covers.set(text, cover);
    return cover;
  }
}
