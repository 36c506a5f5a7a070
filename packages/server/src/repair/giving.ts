import type { BlobStore, Clock, Entry, EntryId, EntryStore, PeerId, PeerNetwork } from "@gstore/core";
import type { History } from "../collection/history.ts";
import type { Logger } from "../logger.ts";
import type { FullPeers } from "../placement/full-peers.ts";
import type { Placement } from "../placement/placement.ts";
import { HandOver } from "../replication/hand-over.ts";
import type { HeldVersions } from "../replication/held-versions.ts";
import type { HolderSurvey } from "../replication/holder-survey.ts";
import { type AssessmentOptions, assess } from "./assessment.ts";
import { bestOf } from "./best-of.ts";
import type { Distrust } from "./distrust.ts";
import { holdersNow } from "./holders-now.ts";
import { GIVEN_AT_ONCE_MAX, GIVEN_BYTES_MAX, GIVEN_SECONDS_MAX, TICK_MS_MIN } from "./limits.ts";
import type { ShortVersion, ShortVersions } from "./short-versions.ts";

export interface GivingOptions {
  readonly network: PeerNetwork;
  readonly blobs: BlobStore;
  readonly entries: EntryStore;
  readonly placement: Placement;
  readonly history: Pick<History, "isPast">;
  readonly fullPeers: FullPeers;
  readonly held: HeldVersions;
  readonly survey: HolderSurvey;
  readonly distrust: Distrust;
  readonly short: ShortVersions;
  readonly assessment: AssessmentOptions;
  readonly bytesPerSecond: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Given {
  readonly entry: Entry;
  readonly short: ShortVersion;
  /** Who holds it, this node included, and who is not believed to. */
  readonly passedOver: readonly PeerId[];
  /** Those that should hold it, of all that are there. */
  readonly preferred: readonly PeerId[];
}

/** Gives versions that are short, and whose time has come, to other members: one copy more each, fewest copies first. */
export class Giving {
  readonly #options: GivingOptions;
  #running = 0;
  #copiesMade = 0;
  #bytesGiven = 0;
  #failed = 0;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(options: GivingOptions) {
    this.#options = options;
  }

  get status(): { running: number; copiesMade: number; bytesGiven: number; failed: number } {
    return {
      running: this.#running,
      copiesMade: this.#copiesMade,
      bytesGiven: this.#bytesGiven,
      failed: this.#failed,
    };
  }

  /**
   * Gives the first of those that are due. Resolves with how long to wait (ms) before the next, by the rate; null where
   * nothing is due. Rejects only when the signal fires, or this node's disk fails.
   */
  async next(signal: AbortSignal): Promise<number | null> {
    const { short, clock } = this.#options;
    const due = short.due(clock.now());
    if (due.length === 0) return null;
    const beginMs = clock.monotonic();
    if (beginMs < this.#nextMs) return this.#nextMs - beginMs;
    const batch = await this.#batch(due, signal);
    const bytes = batch.reduce((sum, { entry }) => sum + entry.body.storedBytes, 0);
    this.#nextMs = beginMs + (bytes / this.#options.bytesPerSecond) * 1000;
    if (batch.length > 0) await this.#give(batch, signal);
    return Math.max(0, this.#nextMs - clock.monotonic());
  }

  /** The first of the due ones that are due still when their holders are asked again, and that somebody could take. */
  async #batch(due: readonly ShortVersion[], signal: AbortSignal): Promise<Given[]> {
    const { entries, history, short, network, clock, bytesPerSecond } = this.#options;
    const bytesMax = Math.min(GIVEN_BYTES_MAX, bytesPerSecond * GIVEN_SECONDS_MAX);
    const some: Entry[] = [];
    let bytes = 0;
    for (const { version } of due.slice(0, GIVEN_AT_ONCE_MAX)) {
      const record = await entries.get(version);
      if (!record?.complete || (await history.isPast(record))) short.delete(version);
      else {
        bytes += record.entry.body.storedBytes;
        if (some.length > 0 && bytes > bytesMax) break;
        some.push(record.entry);
      }
    }
    const holders = await holdersNow(this.#options, some, signal);
    const batch: Given[] = [];
    for (const entry of some) {
      const others = holders.get(entry.id) ?? [];
      const now = assess(this.#options.assessment, entry, { others, known: short.get(entry.id) });
      if (now === null) {
        short.delete(entry.id);
        continue;
      }
      const given = this.#given(entry, now, [...others, network.self]);
      if (given.preferred.length === 0) short.set({ ...now, isStuck: true });
      else {
        short.set(now);
        if (now.dueMs <= clock.now()) batch.push(given);
      }
    }
    return batch;
  }

  #given(entry: Entry, short: ShortVersion, holders: readonly PeerId[]): Given {
    const { network, placement, distrust } = this.#options;
    const connected = new Set(network.peers().map(({ peer }) => peer));
    const ranked = placement.ranked(entry.body);
    const passedOver = ranked.filter((peer) => holders.includes(peer) || distrust.has(peer, entry.id));
    const takers = placement.takers(entry.body);
    const ready = takers.filter((peer) => connected.has(peer) && !passedOver.includes(peer));
    const best = bestOf(placement, entry.body, [...holders, ...ready]).filter((peer) => ready.includes(peer));
    return { entry, short, passedOver, preferred: best.length > 0 ? best : ready };
  }

  async #give(batch: readonly Given[], signal: AbortSignal): Promise<void> {
    const { network, blobs, placement, fullPeers, held, survey, clock, logger, short } = this.#options;
    const handOver = new HandOver(
      { network, blobs, placement, fullPeers, held, survey, clock, logger },
      { signal, onBytes: () => {} },
    );
    this.#running = batch.length;
    try {
      const othersThan = ({ entry, preferred }: Given): PeerId[] =>
        placement.ranked(entry.body).filter((peer) => !preferred.includes(peer));
      const untaken = await handOver.give(...ofBatch(batch, othersThan));
      const open = batch.filter(({ entry }) => untaken.includes(entry));
      const left = new Set(await handOver.give(...ofBatch(open, ({ passedOver }) => passedOver)));
      for (const { entry } of batch) {
        const known = short.get(entry.id);
        if (known === undefined) continue;
        // Asked again who holds it, it may not have come to anything: not at once, then.
        const dueMs = Math.max(known.dueMs, clock.now() + TICK_MS_MIN);
        short.set({ ...known, dueMs, isStuck: left.has(entry) });
      }
      this.#note(batch, left);
    } finally {
      this.#running = 0;
    }
  }

  #note(batch: readonly Given[], left: ReadonlySet<Entry>): void {
    const { logger } = this.#options;
    const given = batch.filter(({ entry }) => !left.has(entry));
    const bytes = given.reduce((sum, { entry }) => sum + entry.body.storedBytes, 0);
    this.#copiesMade += given.length;
    this.#bytesGiven += bytes;
    this.#failed += left.size;
    const count = (isOne: (short: ShortVersion) => boolean): number =>
      given.filter(({ short }) => isOne(short)).length;
    if (given.length > 0)
      logger.info(
        {
          ...{ versions: given.length, bytes, copiesBefore: given[0]?.short.copies },
          lost: count(({ lostSinceMs }) => lostSinceMs !== null),
          belowMin: count(({ belowMinSinceMs }) => belowMinSinceMs !== null),
        },
        "versions that had too few copies for too long were given one more",
      );
    if (left.size > 0)
      logger.warn(
        { versions: left.size },
        "versions have too few copies, and no node that is there took them",
      );
  }
}

function ofBatch(
  batch: readonly Given[],
  passedOver: (given: Given) => readonly PeerId[],
): [Entry[], Map<EntryId, readonly PeerId[]>] {
  return [
    batch.map(({ entry }) => entry),
    new Map(batch.map((given) => [given.entry.id, passedOver(given)])),
  ];
}
