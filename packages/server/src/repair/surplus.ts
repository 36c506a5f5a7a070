import {
  type Clock,
  type Entry,
  type EntryId,
  type EntryStore,
  isGstoreError,
  LEASE_MS_MAX,
  type PeerId,
  type PeerNetwork,
} from "@gstore/core";
import { decodeLeaseVersionsAnswer, encodeLeaseVersions } from "@gstore/p2p";
import { inLanes } from "../in-lanes.ts";
import type { Logger } from "../logger.ts";
import type { Pins } from "../pins/pins.ts";
import type { Placement } from "../placement/placement.ts";
import type { HolderSurvey } from "../replication/holder-survey.ts";
import type { Audits } from "./audits.ts";
import { bestOf } from "./best-of.ts";
import type { Distrust } from "./distrust.ts";
import { holdersNow } from "./holders-now.ts";
import type { Leases } from "./leases.ts";
import { SURPLUS_AT_ONCE_MAX, SURPLUS_SAMPLE_MAX } from "./limits.ts";

export interface SurplusOptions {
  readonly network: PeerNetwork;
  readonly entries: EntryStore;
  readonly placement: Placement;
  readonly pins: Pick<Pins, "mayBePinned">;
  readonly survey: HolderSurvey;
  readonly distrust: Distrust;
  readonly leases: Leases;
  readonly audits: Pick<Audits, "audit">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A copy was given up here: its blobs may be of no use now. */
  readonly dropped: () => void;
}

/** Gives up this node's copy of a version where enough others hold it. How, and why none is lost: docs/adr/0008-surplus.md. */
export class Surplus {
  readonly #options: SurplusOptions;
  #dropped = 0;

  constructor(options: SurplusOptions) {
    this.#options = options;
  }

  get dropped(): number {
    return this.#dropped;
  }

  /** Whether a version may have a copy too many here, by what its holders say; `others` without this node. */
  isSurplus(entry: Entry, others: readonly PeerId[]): boolean {
    return this.#countedOn(entry, others).length >= this.#options.placement.wanted(entry.body).copies;
  }

  /** Asks who else holds these versions, and gives up the copies here that are too many; gives those that it did. */
  async giveUpOf(versions: readonly Entry[], signal: AbortSignal): Promise<EntryId[]> {
    const holders = await holdersNow(this.#options, versions, signal);
    const copies = versions.map((entry) => ({ entry, others: holders.get(entry.id) ?? [] }));
    return await this.giveUpAll(
      copies.filter(({ entry, others }) => this.isSurplus(entry, others)),
      signal,
    );
  }

  /** Gives up those copies for which that is safe, a few at a time; gives these. As {@link giveUp}. */
  async giveUpAll(
    copies: readonly { readonly entry: Entry; readonly others: readonly PeerId[] }[],
    signal: AbortSignal,
  ): Promise<EntryId[]> {
    const given: EntryId[] = [];
    await inLanes(copies, SURPLUS_AT_ONCE_MAX, async ({ entry, others }) => {
      if (await this.giveUp(entry, others, signal)) given.push(entry.id);
    });
    return given;
  }

  /** Gives the copy up if that is safe; true where it did. Rejects only when the signal fires, or the disk fails. */
  async giveUp(entry: Entry, others: readonly PeerId[], signal: AbortSignal): Promise<boolean> {
    const { leases, placement, entries, logger, dropped } = this.#options;
    if (this.#isWantedHere(entry)) return false;
    if (!leases.begin(entry.id)) return false;
    try {
      const elapsed = this.#stopwatch();
      const wanted = placement.wanted(entry.body).copies;
      const counted = await this.#leased(entry, this.#countedOn(entry, others), wanted, signal);
      if (counted.length < wanted || !(await this.#proved(entry, counted, signal))) return false;
      const record = await entries.get(entry.id);
      const isEnough = counted.length >= placement.wanted(entry.body).copies;
      if (!record?.complete || this.#isWantedHere(entry) || !isEnough || elapsed() >= LEASE_MS_MAX / 2)
        return false;
      await entries.markDropped([entry.id]);
      this.#dropped++;
      dropped();
      logger.info(
        { version: entry.id, holders: counted },
        "a copy too many was given up: as many nodes as wanted have proved theirs",
      );
      return true;
    } finally {
      leases.end(entry.id);
    }
  }

  /** Those of its holders that would be enough if they were all there is; none where this node is one of them, or should be. */
  #countedOn(entry: Entry, others: readonly PeerId[]): PeerId[] {
    const { placement, network } = this.#options;
    if (this.#isWantedHere(entry)) return [];
    const best = bestOf(placement, entry.body, [...others, network.self]);
    return best.includes(network.self) ? [] : best;
  }

  #isWantedHere(entry: Entry): boolean {
    const { placement, pins, network } = this.#options;
    return placement.shouldHold(network.self, entry.body) || pins.mayBePinned(entry);
  }

  /** As many of the holders as are needed, which promise to keep their copies. */
  async #leased(
    entry: Entry,
    holders: readonly PeerId[],
    needed: number,
    signal: AbortSignal,
  ): Promise<PeerId[]> {
    const granted: PeerId[] = [];
    for (let at = 0; at < holders.length && granted.length < needed; ) {
      const asked = holders.slice(at, at + needed - granted.length);
      at += asked.length;
      const answers = await Promise.all(asked.map((peer) => this.#lease(peer, entry.id, signal)));
      granted.push(...asked.filter((_, index) => answers[index]));
    }
    return granted;
  }

  async #lease(peer: PeerId, version: EntryId, signal: AbortSignal): Promise<boolean> {
    const message = encodeLeaseVersions({ versions: [version], leaseMs: LEASE_MS_MAX });
    try {
      const answer = await this.#options.network.request(peer, "entries", message, { signal });
      return decodeLeaseVersionsAnswer(answer).includes(version);
    } catch (error) {
      if (signal.aborted || !isGstoreError(error)) throw error;
      return false;
    }
  }

  async #proved(entry: Entry, holders: readonly PeerId[], signal: AbortSignal): Promise<boolean> {
    const { audits } = this.#options;
    const proving = holders.map((peer) => audits.audit(peer, entry, signal, SURPLUS_SAMPLE_MAX));
    return (await Promise.all(proving)).every((verdict) => verdict === "proved");
  }

  /** Milliseconds from now by whichever clock says more: a machine's sleep shows only on the wall. */
  #stopwatch(): () => number {
    const { clock } = this.#options;
    const begun = { monotonic: clock.monotonic(), wall: clock.now() };
    return () => Math.max(clock.monotonic() - begun.monotonic, Math.abs(clock.now() - begun.wall));
  }
}
