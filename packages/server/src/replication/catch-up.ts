import {
  type BlobStore,
  CATCH_UP_AT_ONCE_MAX,
  CHUNK_BYTES_MAX,
  type Clock,
  type Entry,
  type EntryId,
  type EntryRecord,
  type EntryStore,
  isGstoreError,
  LIST_PAGE_MAX,
  type PeerId,
  TRANSFER_WINDOW_BYTES,
} from "@gstore/core";
import type { History } from "../collection/history.ts";
import { inLanes } from "../in-lanes.ts";
import type { Logger } from "../logger.ts";
import type { Pins } from "../pins/pins.ts";
import type { Placement } from "../placement/placement.ts";
import type { Room } from "../placement/room.ts";
import { Slots } from "../slots.ts";
import { WorkLoop } from "../work-loop.ts";
import type { BlobFetcher } from "./blob-fetcher.ts";
import { isComplete, type MissingBlob, missingBlobs } from "./local-completeness.ts";
import { RoomWatch } from "./room-watch.ts";

export interface CatchUpOptions {
  readonly self: PeerId;
  readonly blobs: BlobStore;
  readonly entries: EntryStore;
  readonly placement: Pick<Placement, "shouldHold">;
  readonly history: Pick<History, "isPast">;
  readonly room: Pick<Room, "has">;
  readonly pins: Pick<Pins, "isPinned">;
  readonly fetcher: BlobFetcher;
  /** Members that probably have a version's blobs. */
  readonly likelyHolders: (entry: Entry) => ReadonlySet<PeerId>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Versions became complete here. */
  readonly completed: (versions: readonly EntryId[]) => void;
}

/** Blobs of one version fetched at once. With the versions at once it bounds the memory of catching up. */
const BLOBS_AT_ONCE = Math.floor(TRANSFER_WINDOW_BYTES / CHUNK_BYTES_MAX / CATCH_UP_AT_ONCE_MAX);
/** Of versions of at most so many bytes so many are fetched at once: what takes time there is the asking. 8 MiB at most. */
const SMALL_BYTES_MAX = 256 * 1024;
const SMALL_AT_ONCE = 32;
/** Versions whose blobs nobody could give are tried again after this long (ms), unless something happens before. */
const RETRY_MS = 5000;

/** Fetches the blobs of the versions that this node shall hold and does not, oldest arrival first, several at a time. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #loop = new WorkLoop(() => this.#walkIncomplete());
  readonly #stop = new AbortController();
  /** Versions that another member asked this node to hold, whatever the placement says. */
  readonly #asked = new Set<EntryId>();
  /** Those of them that were not looked at since, and their bytes. */
  readonly #justAsked = new Map<EntryId, number>();
  #promisedBytes = 0;
  readonly #roomWatch: RoomWatch;
  /** Bounds the memory of what is fetched on request, as that of catching up is bounded. */
  readonly #completing = new Slots(CATCH_UP_AT_ONCE_MAX);
  /** Versions that the last walk left incomplete, and those it is at work on. */
  #behind = 0;
  #inWork = 0;
  /** A walk had work and is not at its end: what the next page has is not known yet. */
  #isMidway = false;
  /** Arrival up to which all was looked at; what was left there is looked at again only on occasion. */
  #walkedTo = 0;
  #fromStart = true;
  #cancelRetry: (() => void) | null = null;

  constructor(options: CatchUpOptions) {
    this.#options = options;
    this.#roomWatch = new RoomWatch(options, () => this.poke({ all: true }));
  }

  /** Versions seen incomplete and wanted here, those being fetched included. Never 0 between two pages of them. */
  get behind(): number {
    return Math.max(this.#behind + this.#inWork, Number(this.#isMidway));
  }

  /** Versions wanted here for which there was no room when all were last looked at. */
  get noRoom(): number {
    return this.#roomWatch.lacks;
  }

  /** Looks for work: among the entries that arrived since the last look, or among all (a peer came, time passed). */
  poke(options: { all: boolean }): void {
    if (this.#stop.signal.aborted) return;
    if (options.all) this.#fromStart = true;
    this.#loop.run().catch((error: unknown) => {
      this.#options.logger.warn({ error: String(error) }, "catching up failed");
      this.#retryLater();
    });
  }

  /** Holds a version on request, beyond what the placement asks of this node: at the next look, wherever it stands. */
  ask({ id, body }: Entry): void {
    if (this.#asked.size >= ASKED_MAX) return;
    this.#asked.add(id);
    if (!this.#justAsked.has(id)) this.#promisedBytes += body.storedBytes;
    this.#justAsked.set(id, body.storedBytes);
  }

  /** Bytes of what was asked for and not fetched yet: there has to be room for these too. */
  get promisedBytes(): number {
    return this.#promisedBytes;
  }

  /**
   * Fetches what is missing here of a version, whatever the placement says. Once it resolves all its blobs are synced here.
   * Rejects with `NO_HOLDER_REACHABLE`, `ABORTED`, …
   */
  async complete(entry: Entry, given: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([given, this.#stop.signal]);
    await this.#holding(async () => {
      if (await isComplete(this.#options.blobs, entry.body)) return;
      const release = await this.#completing.take(signal);
      await this.#fetchAll(entry, signal).finally(release);
      await this.#noteComplete([entry.id]);
    });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancelRetry?.();
    this.#roomWatch.stop();
    await this.#loop.idle();
  }

  async #walkIncomplete(): Promise<void> {
    const { entries } = this.#options;
    await this.#fetchAsked();
    let isAnew = this.#fromStart;
    this.#fromStart = false;
    if (isAnew) this.#walkedTo = 0;
    const walkPage = async (): Promise<boolean> => {
      const page = await entries.incomplete(this.#walkedTo, LIST_PAGE_MAX);
      const wanted = await this.#lookAt(page);
      // Only now, so that what is behind is never counted as nothing meanwhile.
      if (isAnew) this.#behind = 0;
      if (isAnew) this.#roomWatch.recount();
      isAnew = false;
      const last = page.at(-1);
      if (last === undefined) return false;
      this.#isMidway ||= wanted.length > 0;
      await this.#fetchVersions(wanted);
      this.#walkedTo = last.arrival;
      return true;
    };
    try {
      while (!this.#stop.signal.aborted && (await this.#holding(walkPage)));
    } finally {
      this.#isMidway = false;
    }
    if (this.#behind > 0) this.#retryLater();
  }

  /** What came without being asked for was passed over then, and the walk of all is long where little is placed here. */
  async #fetchAsked(): Promise<void> {
    while (this.#justAsked.size > 0 && !this.#stop.signal.aborted) {
      const some = [...this.#justAsked].slice(0, LIST_PAGE_MAX);
      for (const [version] of some) this.#justAsked.delete(version);
      const behind = this.#behind;
      try {
        const records = await Promise.all(some.map(([version]) => this.#options.entries.get(version)));
        await this.#holding(async () =>
          this.#fetchVersions(await this.#lookAt(records.filter((record) => record !== undefined))),
        );
      } finally {
        for (const [, bytes] of some) this.#promisedBytes -= bytes;
      }
      if (this.#behind > behind) this.#retryLater();
      // The walk comes to those that failed, and counts them.
      this.#behind = behind;
    }
  }

  /** What is found here or fetched meanwhile stays until it is noted that the version is complete. */
  async #holding<T>(work: () => Promise<T>): Promise<T> {
    const hold = this.#options.blobs.hold();
    try {
      return await work();
    } finally {
      hold.release();
    }
  }

  /** Those of a page that are wanted here and lack blobs; notes what turns out to be whole. */
  async #lookAt(page: readonly EntryRecord[]): Promise<Entry[]> {
    const { blobs, history } = this.#options;
    const wanted: Entry[] = [];
    const whole: EntryId[] = [];
    for (const record of page) {
      const { entry, dropped, expired } = record;
      if (this.#stop.signal.aborted) break;
      const { body } = entry;
      // Its blobs may be here still, but are being collected.
      if (expired || (dropped && !this.#isWanted(entry))) continue;
      const isWhole = body.content === null || (await this.#tried(entry, () => isComplete(blobs, body)));
      if (isWhole) whole.push(entry.id);
      else if (this.#isWanted(entry) && !(await history.isPast(record))) wanted.push(entry);
    }
    await this.#noteComplete(whole);
    return wanted;
  }

  #isWanted(entry: Entry): boolean {
    const { placement, pins, self } = this.#options;
    return this.#asked.has(entry.id) || placement.shouldHold(self, entry.body) || pins.isPinned(entry);
  }

  async #fetchVersions(wanted: readonly Entry[]): Promise<void> {
    const done: EntryId[] = [];
    const work = async (entry: Entry): Promise<void> => {
      // What its user pins it takes like its own puts. Without room others hold the rest: nothing is behind then.
      const isPinned = this.#options.pins.isPinned(entry);
      const release = isPinned ? () => {} : this.#roomWatch.take(entry.body.storedBytes);
      if (release !== null) {
        const isDone = await this.#tried(entry, () => this.#fetchAll(entry)).finally(release);
        if (isDone) done.push(entry.id);
        else this.#behind++;
      }
      this.#inWork--;
    };
    this.#inWork = wanted.length;
    try {
      const isSmall = ({ body }: Entry): boolean => body.storedBytes <= SMALL_BYTES_MAX;
      const large = wanted.filter((entry) => !isSmall(entry));
      await inLanes(wanted.filter(isSmall), SMALL_AT_ONCE, work);
      await inLanes(large, CATCH_UP_AT_ONCE_MAX, work);
      await this.#noteComplete(done);
    } finally {
      this.#inWork = 0;
    }
  }

  /** What the work gives; false where the node is stopping or the work fails in a known way. */
  async #tried(entry: Entry, work: () => Promise<boolean>): Promise<boolean> {
    if (this.#stop.signal.aborted) return false;
    try {
      return await work();
    } catch (error) {
      if (!isGstoreError(error)) throw error;
      const { logger } = this.#options;
      logger.debug({ version: entry.id, code: error.code }, "a version could not be completed yet");
      return false;
    }
  }

  async #noteComplete(versions: readonly EntryId[]): Promise<void> {
    if (versions.length === 0) return;
    await this.#options.entries.markComplete(versions);
    for (const version of versions) this.#asked.delete(version);
    this.#options.completed(versions);
  }

  /** Fetches what is missing until nothing is: what lies below a node shows once the node is here. */
  async #fetchAll(entry: Entry, signal: AbortSignal = this.#stop.signal): Promise<boolean> {
    const { space, content: root } = entry.body;
    if (root === null) return true;
    const { blobs, fetcher, likelyHolders } = this.#options;
    const from = { space, likely: likelyHolders(entry), version: { root: root.digest, isUpkeep: true } };
    const fetchOne = async ({ digest }: MissingBlob): Promise<void> => {
      const bytes = await fetcher.fetch(digest, { ...from, signal });
      await blobs.put(digest, bytes, { digestChecked: true, signal, space });
    };
    for (let nodesMissing = true; nodesMissing; ) {
      nodesMissing = false;
      const running = new Set<Promise<void>>();
      const failures: unknown[] = [];
      for await (const missing of missingBlobs(blobs, space, root)) {
        if (missing.level > 0) nodesMissing = true;
        while (running.size >= BLOBS_AT_ONCE) await Promise.race(running);
        if (failures.length > 0) break;
        const one: Promise<void> = fetchOne(missing)
          .catch((error: unknown) => void failures.push(error))
          .finally(() => running.delete(one));
        running.add(one);
      }
      await Promise.all(running);
      if (failures.length > 0) throw failures[0];
    }
    return true;
  }

  /** What arrives meanwhile does not put it off. */
  #retryLater(): void {
    this.#cancelRetry ??= this.#options.clock.after(RETRY_MS, () => {
      this.#cancelRetry = null;
      this.poke({ all: true });
    });
  }
}

/** Requests to hold that are remembered; beyond it the placement alone decides. */
const ASKED_MAX = 100_000;
