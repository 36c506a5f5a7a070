import type { Clock, EntryId, EntryRecord, EntryStore, SupersededPlace } from "@gstore/core";
import type { Leases } from "../repair/leases.ts";
import type { History } from "./history.ts";
import type { Pace } from "./pace.ts";
import type { PeerClocks } from "./peer-clocks.ts";
import type { SteadyClock } from "./steady-clock.ts";

const PAGE = 256;

export type HistoryPause = "clock set" | "clocks apart";

export interface RetentionOptions {
  readonly entries: EntryStore;
  readonly history: History;
  readonly clock: Clock;
  readonly steady: SteadyClock;
  readonly clocks: Pick<PeerClocks, "askAll" | "isBorneOut">;
  /** Versions of which another node gave up its copy counting on this one. */
  readonly leases: Pick<Leases, "isLeased">;
}

/**
 * Gives up versions whose history is over. Their entries stay: they keep what is removed removed, and their authors'
 * numbering without gaps.
 */
export class Retention {
  readonly #options: RetentionOptions;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Why nothing is given up now: the clock was set not long ago, or the members' clocks do not bear it out. */
  get pausedBy(): HistoryPause | null {
    const { steady, clocks } = this.#options;
    if (!steady.isSteady()) return "clock set";
    return clocks.isBorneOut() ? null : "clocks apart";
  }

  /** Resolves with how many versions were given up. */
  async expire(pace: Pace, signal: AbortSignal): Promise<number> {
    const { clock, clocks, entries, history } = this.#options;
    await clocks.askAll();
    if (this.pausedBy !== null) return 0;
    const untilMs = clock.now() - history.shortestMs();
    let count = 0;
    for (let behind: SupersededPlace | null = null; ; ) {
      const page: EntryRecord[] = await entries.superseded(untilMs, { behind, limit: PAGE });
      const expired: EntryId[] = [];
      for (const record of page) {
        if (await this.isOver(record)) expired.push(record.entry.id);
        await pace.step(signal);
      }
      // Looking took a while: the clock may have been set meanwhile.
      if (this.pausedBy !== null) return count;
      await entries.markExpired(expired);
      count += expired.length;
      const last = page.at(-1);
      if (last?.superseded == null) return count;
      behind = { sinceMs: last.superseded.sinceMs, arrival: last.arrival };
    }
  }

  /** Whether a version may be given up now. */
  async isOver(record: EntryRecord): Promise<boolean> {
    const { history, leases } = this.#options;
    return !leases.isLeased(record.entry.id) && (await history.hasEnded(record));
  }
}
