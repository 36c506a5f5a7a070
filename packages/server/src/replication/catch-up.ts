import {
  type BlobStore,
  CATCH_UP_AT_ONCE_MAX,
  CHUNK_BYTES_MAX,
  type Clock,
  type ContentRoot,
  type EntryId,
  type EntryRecord,
  type EntryStore,
  isGstoreError,
  LIST_PAGE_MAX,
  type PeerId,
  TRANSFER_WINDOW_BYTES,
} from "@gstore/core";
import type { Logger } from "../logger.ts";
import type { Members } from "../members.ts";
import { shouldHold } from "../placement.ts";
import { WorkLoop } from "../work-loop.ts";
import type { BlobFetcher } from "./blob-fetcher.ts";
import { isComplete, type MissingBlob, missingBlobs } from "./local-completeness.ts";

export interface CatchUpOptions {
  readonly self: PeerId;
  readonly blobs: BlobStore;
  readonly entries: EntryStore;
  readonly members: Members;
  readonly fetcher: BlobFetcher;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Versions became complete here. */
  readonly completed: (versions: readonly EntryId[]) => void;
}

/** Blobs of one version fetched at once. With the versions at once it bounds the memory of catching up. */
const BLOBS_AT_ONCE = Math.floor(TRANSFER_WINDOW_BYTES / CHUNK_BYTES_MAX / CATCH_UP_AT_ONCE_MAX);
/** Versions whose blobs nobody could give are tried again after this long (ms), unless something happens before. */
const RETRY_MS = 5000;

/** Fetches the blobs of the versions that this node shall hold and does not, oldest arrival first, several at a time. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #loop = new WorkLoop(() => this.#walkIncomplete());
  readonly #stop = new AbortController();
  /** Versions that another member asked this node to hold, whatever the placement says. */
  readonly #asked = new Set<EntryId>();
  #behind = 0;
  /** Arrival up to which all was looked at; what was left there is looked at again only on occasion. */
  #walkedTo = 0;
  #fromStart = true;
  #cancelRetry: (() => void) | null = null;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Versions seen incomplete and wanted here, at the last look. */
  get behind(): number {
    return this.#behind;
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

  /** Holds a version on request, beyond what the placement asks of this node. */
  ask(version: EntryId): void {
    if (this.#asked.size < ASKED_MAX) this.#asked.add(version);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancelRetry?.();
    await this.#loop.idle();
  }

  async #walkIncomplete(): Promise<void> {
    const { entries } = this.#options;
    if (this.#fromStart) {
      this.#fromStart = false;
      this.#walkedTo = 0;
      this.#behind = 0;
    }
    while (!this.#stop.signal.aborted) {
      const page = await entries.incomplete(this.#walkedTo, LIST_PAGE_MAX);
      const last = page.at(-1);
      if (last === undefined) break;
      const behind = await this.#catchUpPage(page);
      this.#walkedTo = last.arrival;
      this.#behind += behind;
    }
    if (this.#behind > 0) this.#retryLater();
  }

  /** Works on a page of versions; gives how many stay behind. */
  async #catchUpPage(page: readonly EntryRecord[]): Promise<number> {
    let behind = 0;
    let next = 0;
    const done: EntryId[] = [];
    const work = async (): Promise<void> => {
      for (let record = page[next++]; record !== undefined; record = page[next++]) {
        const outcome = await this.#catchUp(record);
        if (outcome === "complete") done.push(record.entry.id);
        if (outcome === "behind") behind++;
      }
    };
    await Promise.all(Array.from({ length: CATCH_UP_AT_ONCE_MAX }, work));
    if (done.length > 0) {
      await this.#options.entries.markComplete(done);
      for (const version of done) this.#asked.delete(version);
      this.#options.completed(done);
    }
    return behind;
  }

  async #catchUp({ entry }: EntryRecord): Promise<"complete" | "behind" | "elsewhere"> {
    const { blobs, members, self, logger } = this.#options;
    if (this.#stop.signal.aborted) return "behind";
    const { content } = entry.body;
    try {
      if (content === null || (await isComplete(blobs, content))) return "complete";
      const memberIds = members.all().map(({ member }) => member);
      if (!this.#asked.has(entry.id) && !shouldHold(self, entry.body, memberIds)) return "elsewhere";
      await this.#fetchAll(entry.body.space, content);
      return "complete";
    } catch (error) {
      if (!isGstoreError(error)) throw error;
      logger.debug({ version: entry.id, code: error.code }, "a version could not be completed yet");
      return "behind";
    }
  }

  /** Fetches what is missing until nothing is: what lies below a node shows once the node is here. */
  async #fetchAll(space: EntryRecord["entry"]["body"]["space"], root: ContentRoot): Promise<void> {
    const { blobs, fetcher } = this.#options;
    const signal = this.#stop.signal;
    const fetchOne = async ({ digest }: MissingBlob): Promise<void> => {
      const bytes = await fetcher.fetch(digest, { space, signal });
      await blobs.put(digest, bytes, { digestChecked: true, signal });
    };
    for (let nodesMissing = true; nodesMissing; ) {
      nodesMissing = false;
      const running = new Set<Promise<void>>();
      const failures: unknown[] = [];
      for await (const missing of missingBlobs(blobs, root)) {
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
  }

  #retryLater(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#options.clock.after(RETRY_MS, () => this.poke({ all: true }));
  }
}

/** Requests to hold that are remembered; beyond it the placement alone decides. */
const ASKED_MAX = 100_000;
