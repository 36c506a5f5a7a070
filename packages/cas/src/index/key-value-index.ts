import { type Clock, INDEX_COMMIT_DELAY_MS, INDEX_DELTA_RECORDS_MAX } from "@gstore/core";
import { FREE_BYTES_MIN, INDEX_DELTA_BYTES_MAX, INDEX_RETRY_DELAY_MS } from "../constants.ts";
import { diskError, storeFull } from "../disk-errors.ts";
import { type Change, OrderedChanges } from "./ordered-changes.ts";

/** Records in order of their keys, as they were last committed. */
export interface CommittedRecords {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Records from `start` (inclusive) to `end` (exclusive), ascending, read as they are asked for. */
  range(options: { start: Uint8Array; end: Uint8Array }): Iterable<{ key: Uint8Array; value: Uint8Array }>;
  /** Makes changes as one transaction and resolves when it is synced. */
  writeBatch(changes: Iterable<{ key: Uint8Array; value: Uint8Array | null }>): Promise<void>;
  /** Removes everything. */
  clear(): Promise<void>;
}

export interface KeyValueIndexOptions {
  readonly committed: CommittedRecords;
  readonly folder: string;
  /** Bytes that the disk of the folder has free. */
  readonly freeBytes: () => Promise<number>;
  readonly clock: Clock;
  /** Called at the beginning of each commit: adds what belongs to the state that is committed. */
  readonly beforeCommit?: () => void;
  /** Changes in memory before they have to be committed. */
  readonly recordsMax?: number;
}

/**
 * Byte keys in order, on disk, under a bounded delta in memory that reads see at once and that is committed as one
 * transaction now and then. Nothing here is durable by itself: it repeats what synced packs hold.
 */
export class KeyValueIndex {
  readonly #options: KeyValueIndexOptions;
  #delta = new OrderedChanges();
  #deltaBytes = 0;
  /** The delta that is being committed, below the current one. */
  #committing = new OrderedChanges();
  #commit: Promise<void> | undefined;
  /** What is committed is being removed and does not count any more. */
  #isClearing = false;
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;

  constructor(options: KeyValueIndexOptions) {
    this.#options = options;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const text = textOf(key);
    const newest = this.#delta.get(text);
    const changed = newest === undefined ? this.#committing.get(text) : newest;
    if (changed !== undefined) return changed ?? undefined;
    return this.#isClearing ? undefined : this.#options.committed.get(key);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#set(key, value);
  }

  remove(key: Uint8Array): void {
    this.#set(key, null);
  }

  /** At most `limit` records from `start` on (inclusive) up to `end` (exclusive), ascending. Reads as many, and what was removed between them. */
  range(start: Uint8Array, end: Uint8Array, limit: number): [key: Uint8Array, value: Uint8Array][] {
    const bounds = [textOf(start), textOf(end)] as const;
    const committed = asChanges(this.#isClearing ? [] : this.#options.committed.range({ start, end }));
    const beneath = layered(this.#committing.within(...bounds), committed);
    const found: [Uint8Array, Uint8Array][] = [];
    if (limit < 1) return found;
    for (const [key, value] of layered(this.#delta.within(...bounds), beneath)) {
      if (value === null) continue;
      found.push([Buffer.from(key, "latin1"), value]);
      if (found.length === limit) break;
    }
    return found;
  }

  /** Resolves when more changes may be made; rejects where there are too many and they can't be committed. */
  async room(): Promise<void> {
    if (this.#isFull) await this.commit();
  }

  /** Commits every change made so far. */
  async commit(): Promise<void> {
    while (this.#commit) await this.#commit.catch(() => undefined);
    if (this.#delta.size === 0) return;
    this.#commit = this.#commitNow();
    try {
      await this.#commit;
    } finally {
      this.#commit = undefined;
      if (this.#delta.size > 0) this.#schedule(INDEX_RETRY_DELAY_MS);
    }
  }

  /** Forgets everything, changes made before included. */
  async clear(): Promise<void> {
    while (this.#commit) await this.#commit.catch(() => undefined);
    this.#delta = new OrderedChanges();
    this.#deltaBytes = 0;
    this.#isClearing = true;
    this.#commit = this.#options.committed.clear();
    try {
      await this.#commit;
    } catch (cause) {
      throw diskError(cause, this.#options.folder);
    } finally {
      this.#commit = undefined;
      this.#isClearing = false;
    }
  }

  /** Stops committing by itself. */
  close(): void {
    this.#isClosed = true;
    this.#cancelTimer?.();
  }

  get #isFull(): boolean {
    const records = this.#delta.size + this.#committing.size;
    const { recordsMax = INDEX_DELTA_RECORDS_MAX } = this.#options;
    return records >= recordsMax || this.#deltaBytes >= INDEX_DELTA_BYTES_MAX;
  }

  #set(key: Uint8Array, value: Uint8Array | null): void {
    this.#delta.set(textOf(key), value);
    this.#deltaBytes += key.length + (value?.length ?? 0);
    this.#schedule(INDEX_COMMIT_DELAY_MS);
  }

  #schedule(delayMs: number): void {
    if (this.#cancelTimer || this.#isClosed) return;
    this.#cancelTimer = this.#options.clock.after(delayMs, () => {
      this.#cancelTimer = undefined;
      // A failure shows when the delta is full, or at the end; until then memory holds the changes.
      this.commit().catch(() => undefined);
    });
  }

  async #commitNow(): Promise<void> {
    const { folder, committed, freeBytes, beforeCommit } = this.#options;
    beforeCommit?.();
    this.#committing = this.#delta;
    const bytes = this.#deltaBytes;
    this.#delta = new OrderedChanges();
    this.#deltaBytes = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    try {
      // LMDB copies the pages it changes. A write that fails half-way is survived, but it is loud.
      if ((await freeBytes()) < FREE_BYTES_MIN + 2 * bytes) throw storeFull(folder);
      await committed.writeBatch(changesOf(this.#committing));
      this.#committing = new OrderedChanges();
    } catch (cause) {
      for (const [key, value] of this.#delta) this.#committing.set(key, value);
      this.#delta = this.#committing;
      this.#deltaBytes += bytes;
      this.#committing = new OrderedChanges();
      throw diskError(cause, folder);
    }
  }
}

/** Two sequences in order of their keys as one; where both have a key, the first one's counts. Reads no further than it gives. */
function* layered(over: Generator<Change>, under: Generator<Change>): Generator<Change> {
  try {
    for (let [upper, lower] = [over.next(), under.next()]; !upper.done || !lower.done; ) {
      if (upper.done || (!lower.done && lower.value[0] < upper.value[0])) {
        yield lower.value as Change;
        lower = under.next();
      } else {
        if (!lower.done && lower.value[0] === upper.value[0]) lower = under.next();
        yield upper.value;
        upper = over.next();
      }
    }
  } finally {
    over.return(undefined);
    under.return(undefined);
  }
}

function* asChanges(records: Iterable<{ key: Uint8Array; value: Uint8Array }>): Generator<Change> {
  for (const { key, value } of records) yield [textOf(key), value];
}

/** Keys as one character a byte: they compare and sort as the bytes do. */
function textOf(key: Uint8Array): string {
  const bytes = Buffer.isBuffer(key) ? key : Buffer.from(key.buffer, key.byteOffset, key.length);
  return bytes.toString("latin1");
}

function* changesOf(delta: OrderedChanges): Generator<{ key: Uint8Array; value: Uint8Array | null }> {
  for (const [text, value] of delta) yield { key: Buffer.from(text, "latin1"), value };
}
