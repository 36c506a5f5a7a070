import {
  type Clock,
  coversDot,
  type EntryRecord,
  type EntryStore,
  HISTORY_LOOKED_AT_MAX,
} from "@gstore/core";
import type { PlacedBody, Placement } from "../placement/placement.ts";
import type { ShownVersions } from "../shown-versions.ts";

export interface HistoryOptions {
  readonly entries: EntryStore;
  readonly shown: Pick<ShownVersions, "counts">;
  readonly placement: Pick<Placement, "historyMs" | "shortestHistoryMs">;
  readonly clock: Pick<Clock, "now">;
  /** Instead of what the policies say. */
  readonly historyMs: number | undefined;
}

/**
 * When the history of a version is over: one answer for who gives versions up and for who fetches, repairs, counts or hands
 * over what others have given up. A version that counts and that no other one that counts has seen is never over.
 */
export class History {
  readonly #options: HistoryOptions;

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** For how long a version is kept once it is superseded (ms). */
  lastsMs(body: PlacedBody): number {
    return this.#options.historyMs ?? this.#options.placement.historyMs(body);
  }

  /** No version is kept shorter than this (ms). */
  shortestMs(): number {
    return this.#options.historyMs ?? this.#options.placement.shortestHistoryMs();
  }

  /** Whether this node may give a version up: it has kept it for long enough since it stored what superseded it. */
  async hasEnded(record: EntryRecord): Promise<boolean> {
    const { superseded } = record;
    if (superseded === null || !this.#isLongAgo(record, superseded.sinceMs)) return false;
    return (await this.#supersededMs(record)) !== null;
  }

  /**
   * Whether a version was given up here, or is by now (or in `withinMs`) at those members that heard at once of what superseded
   * it: nobody should look for it, or make copies of it. By its authors' clocks, so that all members find the same.
   */
  async isPast(record: EntryRecord, withinMs = 0): Promise<boolean> {
    if (record.expired) return true;
    if (record.superseded === null) return false;
    const supersededMs = await this.#supersededMs(record);
    return supersededMs !== null && this.#isLongAgo(record, supersededMs - withinMs);
  }

  #isLongAgo({ entry }: EntryRecord, sinceMs: number): boolean {
    return sinceMs + this.lastsMs(entry.body) <= this.#options.clock.now();
  }

  /**
   * When a version was superseded, by its author's clock, or this one's if that was earlier. Null where what the store says
   * superseded it does not count: from when on another one does is not known then, and the version stays.
   */
  async #supersededMs(record: EntryRecord): Promise<number | null> {
    const { superseded } = record;
    if (superseded === null) return null;
    const { entries, shown } = this.#options;
    if (superseded.by === 0) return await this.#writtenBeforeMs(record, superseded.sinceMs);
    const [by] = await entries.since(superseded.by - 1, 1);
    if (by?.arrival !== superseded.by || !shown.counts(by)) return null;
    return Math.min(superseded.sinceMs, superseded.writtenMs);
  }

  /** The same where a version came here after what supersedes it. */
  async #writtenBeforeMs({ entry, arrival }: EntryRecord, sinceMs: number): Promise<number | null> {
    const { entries, shown } = this.#options;
    const { space, keyId, dot } = entry.body;
    let firstMs: number | null = null;
    let looked = 0;
    for await (const other of entries.versions(space, keyId)) {
      if (++looked > HISTORY_LOOKED_AT_MAX) break;
      if (other.arrival > arrival || !coversDot(other.entry.body.context, dot) || !shown.counts(other))
        continue;
      firstMs = Math.min(firstMs ?? sinceMs, other.entry.body.time.wallMs);
    }
    return firstMs;
  }
}
