import {
  type BlobStore,
  type Clock,
  type Entry,
  type EntryId,
  type EntryRecord,
  type EntryStore,
  LIST_PAGE_MAX,
  type PeerId,
  type PeerNetwork,
  type Random,
  throwIfAborted,
} from "@gstore/core";
import type { History } from "../collection/history.ts";
import type { Holdings } from "../holders/holdings.ts";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import type { Sightings } from "../membership/sightings.ts";
import type { Pins } from "../pins/pins.ts";
import type { FullPeers } from "../placement/full-peers.ts";
import type { Placement } from "../placement/placement.ts";
import { HolderSurvey } from "../replication/holder-survey.ts";
import type { Replication } from "../replication/replication.ts";
import { WorkLoop } from "../work-loop.ts";
import { Absences } from "./absences.ts";
import { type AssessmentOptions, assess } from "./assessment.ts";
import { Audits } from "./audits.ts";
import { Challenger } from "./challenger.ts";
import { delayClock } from "./delay-clock.ts";
import { Distrust } from "./distrust.ts";
import { Giving } from "./giving.ts";
import { holdersNow } from "./holders-now.ts";
import { TAKE_OVER_MS_MAX, TICK_MS_MAX, TICK_MS_MIN } from "./limits.ts";
import { REPAIR_DEFAULTS, type RepairOptions, type RepairStatus } from "./repair-api.ts";
import { ShortVersions } from "./short-versions.ts";
import { Surplus } from "./surplus.ts";
import { isWatched } from "./watched.ts";

export interface RepairParts {
  readonly network: PeerNetwork;
  readonly members: Members;
  readonly placement: Placement;
  readonly history: History;
  readonly fullPeers: FullPeers;
  readonly pins: Pins;
  readonly sightings: Sightings;
  readonly replication: Pick<Replication, "held" | "leases">;
  readonly blobs: BlobStore;
  readonly entries: EntryStore;
  readonly holdings: Pick<Holdings, "seen">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Copies were given up here: their blobs may be of no use now. */
  readonly dropped: () => void;
}

/**
 * Watches over the versions of which this node holds a copy: gives those that are short to others, gives up copies that are
 * too many, and audits who says that it holds them. What it knows is in memory, and is found again after a restart.
 */
export class Repair {
  readonly #parts: RepairParts;
  readonly #clock: Clock;
  readonly #options: RepairOptions;
  readonly #survey: HolderSurvey;
  readonly #distrust = new Distrust();
  readonly #short = new ShortVersions();
  readonly #absences: Absences;
  readonly #assessment: AssessmentOptions;
  readonly #audits: Audits;
  readonly #giving: Giving;
  readonly surplus: Surplus;
  readonly #loop = new WorkLoop(() => this.#work());
  readonly #stop = new AbortController();
  readonly #tickMs: number;
  /** When (ms since 1970) all has to be looked through besides the regular walks; at most a few. */
  readonly #walksAtMs = new Set<number>();
  #lastWalkMs: number;
  #hasWalked = false;
  #isWalking = false;
  #lastAuditMs: number;
  /** Arrival up to which what came since the last walk was looked at. */
  #lookedTo = 0;
  #arrivalEpoch = "";
  #cancelTick: () => void = () => {};
  #isPoked = false;

  constructor(parts: RepairParts, options: Partial<RepairOptions> = {}) {
    const { network, members, placement, history, pins, sightings, replication } = parts;
    const { blobs, entries, random, logger, dropped } = parts;
    this.#parts = parts;
    const clock = delayClock(parts.clock);
    this.#clock = clock;
    this.#options = { ...REPAIR_DEFAULTS, ...options };
    const { belowMinAfterMs, belowCopiesAfterMs, bytesPerSecond } = this.#options;
    const soonestMs = Math.min(belowMinAfterMs, belowCopiesAfterMs);
    this.#tickMs = Math.min(TICK_MS_MAX, Math.max(TICK_MS_MIN, soonestMs / 10));
    const { held, leases } = replication;
    const survey = new HolderSurvey({ network, members, logger });
    this.#survey = survey;
    this.#absences = new Absences({ network, members, sightings, clock });
    this.#assessment = {
      ...{ self: network.self, placement, absences: this.#absences, clock, times: this.#options, held },
      distrust: this.#distrust,
      takeOverMs: Math.min(TAKE_OVER_MS_MAX, Math.max(2 * this.#tickMs, soonestMs / 2)),
    };
    const [distrust, short] = [this.#distrust, this.#short];
    const challenger = new Challenger({ network, blobs, clock, random });
    const failed = (version: EntryId) => this.#lost(version);
    this.#audits = new Audits({
      ...{ network, members, entries, history, held, survey, challenger, distrust, clock, random, logger },
      failed,
    });
    this.#giving = new Giving({
      ...{ network, blobs, entries, placement, history, held, survey, distrust, short, clock, logger },
      ...{ bytesPerSecond, assessment: this.#assessment, fullPeers: parts.fullPeers },
    });
    this.surplus = new Surplus({
      ...{ network, entries, placement, pins, survey, distrust, leases, audits: this.#audits, logger },
      dropped,
      // A lease has to be over by whichever clock says so first.
      clock: parts.clock,
    });
    this.#lastWalkMs = this.#lastAuditMs = clock.now();
    // Once those that are there have connected.
    this.#walksAtMs.add(clock.now() + belowMinAfterMs);
  }

  start(): void {
    this.#tickAfter(this.#tickMs);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancelTick();
    await this.#loop.idle();
  }

  status(): RepairStatus {
    const { running, ...done } = this.#giving.status;
    const due = this.#short.due(this.#clock.now()).length;
    return {
      ...{ lastWalkMs: this.#hasWalked ? this.#lastWalkMs : null, isWalking: this.#isWalking },
      ...{ short: this.#short.size, belowMin: this.#short.belowMin },
      ...{ queued: Math.max(0, due - running), running, ...done },
      ...{ surplusDropped: this.surplus.dropped, audits: this.#audits.status() },
    };
  }

  #tickAfter(delayMs: number): void {
    this.#cancelTick();
    if (this.#stop.signal.aborted) return;
    this.#cancelTick = this.#clock.after(delayMs, () => {
      this.#loop.run().catch((error: unknown) => {
        if (!this.#stop.signal.aborted)
          this.#parts.logger.warn({ error: String(error) }, "repair failed, and is tried again");
        this.#tickAfter(this.#tickMs);
      });
    });
  }

  async #work(): Promise<void> {
    const clock = this.#clock;
    this.#isPoked = false;
    this.#noteChanges();
    if (this.#isWalkDue()) await this.#walk();
    else await this.#lookAtNew();
    if (clock.now() - this.#lastAuditMs >= this.#options.auditEveryMs) {
      this.#lastAuditMs = clock.now();
      await this.#audits.round(this.#stop.signal);
    }
    const waitMs = await this.#giving.next(this.#stop.signal);
    this.#tickAfter(this.#isPoked ? 0 : Math.min(this.#tickMs, waitMs ?? this.#tickMs));
  }

  /** Who came or went, and what follows for when all is looked through. */
  #noteChanges(): void {
    const clock = this.#clock;
    const { belowMinAfterMs } = this.#options;
    const { returned, isOtherLog } = this.#absences.look();
    if (returned.length > 0) this.#short.unstick();
    const wasLong = returned.some(({ awayMs }) => awayMs >= belowMinAfterMs);
    // Now, for what is known at once; and later, when it has caught up, or what changed has been fetched.
    if (wasLong || isOtherLog) {
      this.#walksAtMs.clear();
      this.#walksAtMs.add(clock.now() + this.#tickMs).add(clock.now() + belowMinAfterMs + this.#tickMs);
    }
  }

  #isWalkDue(): boolean {
    const { belowMinAfterMs, belowCopiesAfterMs, walkEveryMs } = this.#options;
    const now = this.#clock.now();
    const isSince = (ms: number): boolean => ms > this.#lastWalkMs && ms <= now;
    const asked = [...this.#walksAtMs].filter((ms) => ms <= now);
    for (const ms of asked) this.#walksAtMs.delete(ms);
    const isAwayLong = this.#absences
      .all()
      .some((ms) => isSince(ms + belowMinAfterMs) || isSince(ms + belowCopiesAfterMs));
    const isTime = now - this.#lastWalkMs >= walkEveryMs;
    return isTime || isAwayLong || asked.length > 0 || this.#short.hasRoomForForgotten;
  }

  /** Looks through all that is here. */
  async #walk(): Promise<void> {
    this.#lastWalkMs = this.#clock.now();
    this.#isWalking = true;
    this.#short.walkBegins();
    try {
      let after = 0;
      for (;;) {
        const page = await this.#parts.entries.since(after, LIST_PAGE_MAX);
        const last = page.at(-1);
        if (last === undefined) break;
        await this.surplus.giveUpAll(await this.#lookAt(page), this.#stop.signal);
        after = last.arrival;
      }
      this.#lookedTo = after;
      this.#arrivalEpoch = this.#parts.entries.arrivalEpoch;
      this.#hasWalked = true;
    } finally {
      this.#isWalking = false;
    }
  }

  /** One page at a time of what arrived since. What is too many is left to the next walk: it may be moving still. */
  async #lookAtNew(): Promise<void> {
    const { entries } = this.#parts;
    if (entries.arrivalEpoch !== this.#arrivalEpoch) {
      // Dealt anew: the next walk looks at all of it.
      this.#arrivalEpoch = entries.arrivalEpoch;
      this.#lookedTo = entries.lastArrival();
      return;
    }
    const page = await entries.since(this.#lookedTo, LIST_PAGE_MAX);
    const last = page.at(-1);
    if (last === undefined) return;
    await this.#lookAt(page);
    this.#lookedTo = last.arrival;
  }

  /** Asks who holds what of a page is here, and notes what is short. Gives what may be too many, with its other holders. */
  async #lookAt(page: readonly EntryRecord[]): Promise<{ entry: Entry; others: readonly PeerId[] }[]> {
    const { signal } = this.#stop;
    throwIfAborted(signal);
    const own: Entry[] = [];
    for (const record of page) {
      if (await isWatched(this.#parts, record)) own.push(record.entry);
      else this.#short.delete(record.entry.id);
    }
    for (const entry of own) this.#parts.holdings.seen(entry);
    if (own.length === 0) return [];
    const holders = await holdersNow({ survey: this.#survey, distrust: this.#distrust }, own, signal);
    const surplus: { entry: Entry; others: readonly PeerId[] }[] = [];
    for (const entry of own) {
      const others = holders.get(entry.id) ?? [];
      this.#rememberStandIns(entry, others);
      const short = assess(this.#assessment, entry, { others, known: this.#short.get(entry.id) });
      if (short !== null) this.#short.set(short);
      else {
        this.#short.delete(entry.id);
        if (this.surplus.isSurplus(entry, others)) surplus.push({ entry, others });
      }
    }
    return surplus;
  }

  /** Who holds a version although the placement does not want it to: while it is away nothing else tells of its copy. */
  #rememberStandIns({ id, body }: Entry, others: readonly PeerId[]): void {
    const { placement, replication } = this.#parts;
    const placed = placement.holders(body);
    for (const peer of others) if (!placed.includes(peer)) replication.held.add(id, peer);
  }

  /** A holder could not prove a version: it is repaired as soon as it is this node's turn. */
  #lost(version: EntryId): void {
    this.#noteLost(version).catch((error: unknown) => {
      if (!this.#stop.signal.aborted)
        this.#parts.logger.warn({ version, error: String(error) }, "a lost copy could not be noted");
    });
  }

  async #noteLost(version: EntryId): Promise<void> {
    const record = await this.#parts.entries.get(version);
    if (record === undefined || !(await isWatched(this.#parts, record))) return;
    const parts = { survey: this.#survey, distrust: this.#distrust };
    const holders = await holdersNow(parts, [record.entry], this.#stop.signal);
    const others = holders.get(version) ?? [];
    const known = this.#short.get(version);
    const short = assess(this.#assessment, record.entry, { others, known, isLost: true });
    if (short === null) return;
    this.#short.set(short);
    this.#isPoked = true;
    this.#tickAfter(0);
  }
}
