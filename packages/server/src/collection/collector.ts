import type {
  BlobInfo,
  BlobStore,
  Clock,
  ContentRoot,
  Entry,
  EntryRecord,
  EntryStore,
  Random,
} from "@gstore/core";
import type { Logger } from "../logger.ts";
import type { BlobLeases } from "./blob-leases.ts";
import type { Erasure } from "./erasure.ts";
import { type Marked, markKept, type UnreadableVersion } from "./mark-kept.ts";
import { Pace } from "./pace.ts";
import type { HistoryPause, Retention } from "./retention.ts";

export interface CollectorOptions {
  readonly blobs: BlobStore;
  readonly entries: EntryStore;
  readonly leases: BlobLeases;
  /** Contents that stay, whatever becomes of versions that name them. */
  readonly roots: () => readonly ContentRoot[];
  readonly retention: Retention;
  readonly erasure: Erasure;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** By itself it collects at most once in so long (ms), and not in the first so long after its start. */
  readonly intervalMs: number;
}

export interface CollectOptions {
  readonly signal?: AbortSignal | undefined;
  /** Says what would be taken, and takes nothing. */
  readonly dryRun?: boolean | undefined;
  readonly onProgress?: ((progress: CollectionProgress) => void) | undefined;
}

export interface CollectionProgress {
  /** Versions looked at of so many, and then blobs of so many. */
  readonly step: "marking" | "sweeping";
  readonly done: number;
  readonly total: number;
}

export interface CollectionReport {
  readonly dryRun: boolean;
  /** Versions whose history was over: given up, or with `dryRun` found. */
  readonly expired: number;
  /** Why no history was given up whatever its age; null where nothing was in the way. */
  readonly historyPaused: HistoryPause | null;
  /** Versions looked at. */
  readonly entries: number;
  /** Blobs that nothing names any more, and their bytes: taken, or with `dryRun` found. */
  readonly blobs: number;
  readonly bytes: number;
  /** Blobs that nothing names yet, kept for a peer whose entry is still to come. */
  readonly leased: number;
  /** Where there are any, nothing was taken: what they name can't be told. */
  readonly unreadable: readonly UnreadableVersion[];
}

/** Blobs given to the store to be deleted at a time. */
const SWEEP_BATCH = 256;
/** Share of the time that collecting takes by itself, and when somebody waits for it. */
const SHARE_BY_ITSELF = 0.1;
const SHARE_WAITED_FOR = 0.7;
/** Where nothing says that there is garbage, it is looked for once in so many intervals all the same: a day. */
const IDLE_INTERVALS = 24;
/** After something was erased the space is given back within this long (ms), once for all that is erased meanwhile. */
const ERASED_SOON_MS = 60_000;

/**
 * Takes away blobs that no kept version names: mark and sweep, in small steps, while puts and gets go on. What is put or
 * relied on meanwhile is protected by holds of the blob store (ADR 0011). A crash leaves some garbage, and nothing else.
 */
export class Collector {
  readonly #options: CollectorOptions;
  readonly #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #mayHaveGarbage = true;
  #idle = 0;
  #cancelTimer: (() => void) | undefined;
  #cancelSoon: (() => void) | null = null;
  #erasing: Promise<unknown> = Promise.resolve();

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** From now on it collects by itself. */
  start(): void {
    // What came just before the node stopped.
    this.#eraseLater();
    this.#startTimer();
  }

  #startTimer(): void {
    const { clock, intervalMs } = this.#options;
    if (this.#stop.signal.aborted) return;
    this.#cancelTimer = clock.after(intervalMs, () => {
      this.#tick()
        .catch((error: unknown) => this.#complain(error))
        .finally(() => this.#startTimer());
    });
  }

  /** Gives up what removals that erase have seen. Once it resolves nobody reads that here; its space comes back soon. */
  async erase(): Promise<void> {
    const { erasure } = this.#options;
    const { signal } = this.#stop;
    const erased = this.#erasing.then(async () => (signal.aborted ? 0 : await erasure.run(signal)));
    this.#erasing = erased.catch(() => {});
    if ((await erased) > 0) this.collectSoon();
  }

  /** Versions were given up for good: their space comes back soon, once for all that are meanwhile. */
  collectSoon(): void {
    const { clock, intervalMs } = this.#options;
    this.poke();
    if (this.#stop.signal.aborted) return;
    this.#cancelSoon ??= clock.after(Math.min(ERASED_SOON_MS, intervalMs), () => {
      this.#cancelSoon = null;
      this.#tick().catch((error: unknown) => this.#complain(error));
    });
  }

  /** New entries came from others: {@link erase}, where one asks for that, or came stripped. */
  arrived(fresh: readonly Entry[]): void {
    if (fresh.some(({ body }) => body.erases || body.sealed === null)) this.#eraseLater();
  }

  #eraseLater(): void {
    this.erase().catch((error: unknown) => this.#complain(error));
  }

  /** Versions were dropped: there is something to collect. */
  poke(): void {
    this.#mayHaveGarbage = true;
  }

  /** Collects now, after what runs. Rejects when the signal fires. */
  async collect(options: CollectOptions = {}): Promise<CollectionReport> {
    return await this.#oneByOne(() => this.#collect(options, SHARE_WAITED_FOR));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancelTimer?.();
    this.#cancelSoon?.();
    await Promise.all([this.#running, this.#erasing]);
  }

  #complain(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#options.logger.warn({ error: String(error) }, "collecting garbage failed");
  }

  async #tick(): Promise<void> {
    // What came after the removal that erases it, or counts only now.
    await this.erase();
    const pace = new Pace(this.#options.clock, SHARE_BY_ITSELF);
    const expired = await this.#oneByOne(() => this.#options.retention.expire(pace, this.#stop.signal));
    if (expired > 0) this.#mayHaveGarbage = true;
    if (!this.#mayHaveGarbage && ++this.#idle < IDLE_INTERVALS) return;
    this.#idle = 0;
    this.#mayHaveGarbage = false;
    const report = await this.#oneByOne(() => this.#collect({}, SHARE_BY_ITSELF));
    const { logger } = this.#options;
    const { blobs, bytes, leased, unreadable } = report;
    if (leased > 0 || unreadable.length > 0) this.#mayHaveGarbage = true;
    if (blobs > 0) logger.info({ blobs, bytes }, "garbage was collected");
    if (unreadable.length > 0) {
      const [first] = unreadable;
      logger.warn(
        { ...first, versions: unreadable.length },
        "no garbage is collected: what some versions name can't be read",
      );
    }
  }

  #oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#running.then(work);
    this.#running = result.catch(() => {});
    return result;
  }

  async #collect(
    { signal: given, dryRun = false, onProgress }: CollectOptions,
    share: number,
  ): Promise<CollectionReport> {
    const { blobs, clock, entries, random, roots, retention } = this.#options;
    const signal = given === undefined ? this.#stop.signal : AbortSignal.any([given, this.#stop.signal]);
    const pace = new Pace(clock, share);
    if (!dryRun) await this.erase();
    let expired = dryRun ? 0 : await retention.expire(pace, signal);
    const wouldBeGivenUp = async (record: EntryRecord): Promise<boolean> => {
      const isOver = await retention.isOver(record);
      if (isOver) expired++;
      return isOver;
    };
    // Before the first entry is looked at: from here on everybody's reliance counts.
    const hold = blobs.hold({ others: true });
    try {
      const total = entries.count();
      const marked = await markKept(
        {
          ...{ blobs, entries, random, pace, signal, isGivenUp: dryRun ? wouldBeGivenUp : undefined },
          onEntries: (done) => onProgress?.({ step: "marking", done: Math.min(done, total), total }),
        },
        roots,
      );
      const { unreadable } = marked;
      const swept = await this.#sweep(marked, {
        dryRun: dryRun || unreadable.length > 0,
        pace,
        signal,
        onProgress,
      });
      const taken = unreadable.length > 0 && !dryRun ? { ...swept, blobs: 0, bytes: 0 } : swept;
      return {
        dryRun,
        expired,
        historyPaused: retention.pausedBy,
        entries: marked.entries,
        ...taken,
        unreadable,
      };
    } finally {
      hold.release();
    }
  }

  async #sweep(
    { kept }: Marked,
    { dryRun, pace, signal, onProgress }: Sweep,
  ): Promise<Pick<CollectionReport, "blobs" | "bytes" | "leased">> {
    const { blobs, leases } = this.#options;
    const total = blobs.usage().blobs;
    const report = { blobs: 0, bytes: 0, leased: 0 };
    let done = 0;
    let batch: BlobInfo[] = [];
    const take = async (): Promise<void> => {
      const taken = dryRun ? batch : await blobs.collect(batch.map(({ digest }) => digest));
      report.blobs += taken.length;
      report.bytes += taken.reduce((sum, { size }) => sum + size, 0);
      batch = [];
      onProgress?.({ step: "sweeping", done: Math.min(done, total), total });
    };
    for await (const blob of blobs.list({ signal, damaged: true })) {
      done++;
      await pace.step(signal);
      if (kept.has(blob.digest)) continue;
      if (leases.has(blob.digest)) report.leased++;
      else if (batch.push(blob) >= SWEEP_BATCH) await take();
    }
    await take();
    return report;
  }
}

interface Sweep {
  readonly dryRun: boolean;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  readonly onProgress: CollectOptions["onProgress"];
}
