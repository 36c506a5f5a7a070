import { type Clock, type Digest, type DiskStore, type EntryId, isGstoreError } from "@gstore/core";
import type { KeyInSpace } from "../api.ts";
import type { Logger } from "../logger.ts";
import type { SyncedFile } from "../synced-file.ts";
import type { ScrubStatus } from "../upkeep-api.ts";
import { WorkLoop } from "../work-loop.ts";
import type { DamageRepair } from "./damage-repair.ts";
import {
  REPAIR_RETRY_MS,
  SCRUB_BYTES_PER_SECOND_MAX,
  SCRUB_START_DELAY_MS,
  SCRUB_STEP_BYTES,
  SCRUB_WAIT_MAX_MS,
} from "./limits.ts";
import { type ScrubState, writeScrubState } from "./scrub-state.ts";

export interface ScrubberOptions {
  readonly disk: DiskStore;
  readonly repair: DamageRepair;
  readonly file: SyncedFile;
  readonly state: ScrubState;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly periodMs: number;
  /** The first files that damaged blobs and entries belong to. */
  readonly filesOf: (
    damaged: { readonly blobs: ReadonlySet<Digest>; readonly entries: ReadonlySet<EntryId> },
    signal: AbortSignal,
  ) => Promise<readonly KeyInSpace[]>;
}

interface DamageFound {
  readonly blobs?: readonly Digest[];
  readonly entries?: readonly EntryId[];
}

/**
 * Hashes all that is stored again and again, a little at a time, and has repaired what proves damaged. A round takes half of
 * the period: what was stored right after its part of a round was read is read in the next one, within the period.
 */
export class Scrubber {
  readonly #options: ScrubberOptions;
  readonly #state: ScrubState;
  readonly #stop = new AbortController();
  readonly #steps = new WorkLoop(() => this.#step());
  readonly #repairs = new WorkLoop(() => this.#repairNow());
  #cancelStep: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;
  #unrepairedFiles: readonly KeyInSpace[] = [];
  /** Of what was unrepaired when the files were looked for. */
  #filesFor = "";

  constructor(options: ScrubberOptions) {
    this.#options = options;
    this.#state = options.state;
    const { blobs, entries } = options.state;
    const damaged = blobs.map((digest) => ({ digest, reason: "found damaged before" }));
    // Its packs are still there: they are given up once it is repaired.
    options.repair.add({ damaged, damagedEntries: entries, damagedRecords: 0, damagedSpans: [] });
  }

  start(): void {
    this.#stepAfter(SCRUB_START_DELAY_MS);
    if (this.#options.repair.hasWork) this.#retryLater();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancelStep?.();
    this.#cancelRetry?.();
    await this.#steps.idle();
    await this.#repairs.idle();
  }

  /** A member came: it may have what could not be repaired. */
  memberCame(): void {
    if (this.#options.repair.hasWork) this.#repairSoon();
  }

  /** Has repaired what was found by whoever looked; resolves with what could not be. */
  async repair(damage: Parameters<DamageRepair["add"]>[0]): Promise<Pick<DamageRepair, "blobs" | "entries">> {
    const { repair } = this.#options;
    this.#state.damagedFound += repair.add(damage);
    await this.#repairs.run();
    return { blobs: repair.blobs, entries: repair.entries };
  }

  /** Blobs or entries proved damaged when they were read for some other work: they are repaired soon. */
  noteDamaged({ blobs = [], entries = [] }: DamageFound): void {
    const reason = "its bytes do not hash to its digest";
    const fresh = this.#options.repair.add({
      ...{ damaged: blobs.map((digest) => ({ digest, reason })), damagedEntries: entries },
      ...{ damagedRecords: 0, damagedSpans: [] },
    });
    this.#note(fresh, fresh);
    this.#repairSoon();
  }

  status(): ScrubStatus {
    const { lastEndedMs, from, bytesDone, bytesLeft, damagedFound, repaired } = this.#state;
    return {
      ...{ periodMs: this.#options.periodMs, lastEndedMs, damagedFound, repaired },
      progress: from === null ? null : { bytes: bytesDone, bytesTotal: bytesDone + bytesLeft },
      unrepaired: this.#options.repair.count,
      unrepairedFiles: this.#options.repair.count === 0 ? [] : this.#unrepairedFiles,
    };
  }

  async #step(): Promise<void> {
    const { clock, disk, repair, periodMs } = this.#options;
    const state = this.#state;
    const signal = this.#stop.signal;
    const now = clock.now();
    const roundMs = periodMs / 2;
    // A clock that was set back must not put the next round off.
    const startedMs = Math.min(state.roundStartedMs ?? Number.NEGATIVE_INFINITY, now);
    if (state.from === null) {
      if (now < startedMs + roundMs) return this.#stepAfter(startedMs + roundMs - now);
      state.roundStartedMs = now;
      state.bytesDone = 0;
    }
    const step = await disk.scrub({ from: state.from, bytesMax: SCRUB_STEP_BYTES, signal });
    state.from = step.next;
    state.bytesDone += step.bytes;
    state.bytesLeft = step.bytesLeft;
    if (step.next === null) state.lastEndedMs = clock.now();
    this.#note(step.damaged.length + step.damagedEntries.length + step.damagedRecords, repair.add(step));
    await this.#save();
    if (repair.hasWork) this.#repairSoon();
    this.#stepAfter(this.#pauseMs(step.bytes));
  }

  /** Until the next step: what is left is spread over what is left of the round; one that is behind hurries, to a bound. */
  #pauseMs(bytes: number): number {
    const { roundStartedMs, from, bytesLeft } = this.#state;
    const { clock, periodMs } = this.#options;
    if (from === null) return 0;
    const leastMs = (bytes / SCRUB_BYTES_PER_SECOND_MAX) * 1000;
    const leftMs = (roundStartedMs ?? 0) + periodMs / 2 - clock.now();
    return Math.max(leastMs, (leftMs * SCRUB_STEP_BYTES) / Math.max(bytesLeft, SCRUB_STEP_BYTES));
  }

  #note(found: number, fresh: number): void {
    if (found === 0) return;
    this.#state.damagedFound += fresh;
    this.#options.logger.warn(
      { found },
      "something that is stored here proved damaged: other nodes are asked for it",
    );
  }

  #stepAfter(delayMs: number): void {
    if (this.#stop.signal.aborted) return;
    const { clock } = this.#options;
    const dueMs = clock.monotonic() + delayMs;
    const wait = (): void => {
      const leftMs = dueMs - clock.monotonic();
      this.#cancelStep = clock.after(Math.max(0, Math.min(leftMs, SCRUB_WAIT_MAX_MS)), () => {
        if (leftMs > SCRUB_WAIT_MAX_MS) wait();
        else this.#steps.run().catch((error: unknown) => this.#failed(error));
      });
    };
    wait();
  }

  #failed(error: unknown): void {
    if (this.#stop.signal.aborted || isGstoreError(error, "STORE_CLOSED")) return;
    this.#options.logger.warn({ error: String(error) }, "what is stored could not be read for checking");
    this.#stepAfter(SCRUB_WAIT_MAX_MS);
  }

  #repairSoon(): void {
    if (this.#stop.signal.aborted) return;
    this.#repairs.run().catch((error: unknown) => {
      if (this.#stop.signal.aborted) return;
      this.#options.logger.warn({ error: String(error) }, "damage could not be repaired yet");
      this.#retryLater();
    });
  }

  async #repairNow(): Promise<void> {
    const { repair, logger } = this.#options;
    const signal = this.#stop.signal;
    const repaired = await repair.run(signal);
    const count = repaired.blobs + repaired.entries + repaired.records;
    this.#state.repaired += count;
    if (count > 0) logger.info({ ...repaired }, "damage was repaired");
    await this.#save();
    await this.#nameUnrepaired(signal);
    if (repair.hasWork) this.#retryLater();
  }

  /** Looks for the files once for the same damage: it goes through all that this node knows. */
  async #nameUnrepaired(signal: AbortSignal): Promise<void> {
    const { repair, filesOf, logger } = this.#options;
    const { blobs, entries } = repair;
    const asked = [...blobs, ...entries].join(" ");
    if (asked === this.#filesFor) return;
    this.#filesFor = asked;
    this.#unrepairedFiles = [];
    if (repair.count === 0) return;
    this.#unrepairedFiles = await filesOf({ blobs: new Set(blobs), entries: new Set(entries) }, signal);
    // Names stay out of the log.
    logger.warn(
      { blobs: blobs.length, entries: entries.length },
      "damage could not be repaired: no member that is connected has it. `gstore status` names the files",
    );
  }

  #retryLater(): void {
    if (this.#stop.signal.aborted) return;
    this.#cancelRetry ??= this.#options.clock.after(REPAIR_RETRY_MS, () => {
      this.#cancelRetry = null;
      this.#repairSoon();
    });
  }

  /** A position that is not written costs reading a little twice. */
  async #save(): Promise<void> {
    const { blobs, entries } = this.#options.repair;
    this.#state.blobs = blobs;
    this.#state.entries = entries;
    await writeScrubState(this.#options.file, this.#state).catch((error: unknown) => {
      this.#options.logger.debug({ error: String(error) }, "how far the scrub is could not be written");
    });
  }
}
