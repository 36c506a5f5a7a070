import { statfs } from "node:fs/promises";
import { type Clock, INDEX_COMMIT_DELAY_MS, INDEX_DELTA_RECORDS_MAX } from "@gstore/core";
import { FREE_BYTES_MIN, INDEX_DELTA_BYTES_MAX, INDEX_RETRY_DELAY_MS } from "../constants.ts";
import { diskError, storeFull } from "../disk-errors.ts";
import { Delta } from "./delta.ts";
import type { LmdbFolder } from "./lmdb-folder.ts";

export interface KeyValueIndexOptions {
  readonly lmdb: LmdbFolder;
  readonly folder: string;
  readonly clock: Clock;
  /** Called at the beginning of each commit: adds what belongs to the state that is committed. */
  readonly beforeCommit?: () => void;
}

/**
 * Byte keys in order, in LMDB, under a bounded delta in memory that reads see at once and that is committed as one
 * transaction now and then. Nothing here is durable by itself: it repeats what synced packs hold.
 */
export class KeyValueIndex {
  readonly #options: KeyValueIndexOptions;
  #delta = new Delta();
  #deltaBytes = 0;
  /** The delta that is being committed, below the current one. */
  #committing = new Delta();
  #commit: Promise<void> | undefined;
  /** What LMDB holds is being removed and does not count any more. */
  #isClearing = false;
  #cancelTimer: (() => void) | undefined;
  #isClosed = false;

  constructor(options: KeyValueIndexOptions) {
    this.#options = options;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const text = textOf(key);
    let changed = this.#delta.get(text);
    if (changed === undefined) changed = this.#committing.get(text);
    if (changed !== undefined) return changed ?? undefined;
    return this.#isClearing ? undefined : this.#options.lmdb.get(key);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#set(key, value);
  }

  remove(key: Uint8Array): void {
    this.#set(key, null);
  }

  /** At most `limit` records from `start` on (inclusive) up to `end` (exclusive), ascending. */
  range(start: Uint8Array, end: Uint8Array, limit: number): [key: Uint8Array, value: Uint8Array][] {
    const changed = this.#changesWithin(textOf(start), textOf(end));
    // Changes may remove what LMDB still has: ask for as many more.
    const asked = limit + changed.length;
    const stored: [string, Uint8Array][] = [];
    const range = this.#isClearing ? [] : this.#options.lmdb.range({ start, end, limit: asked });
    for (const { key, value } of range) stored.push([textOf(key), value]);
    // Behind the last stored record that was read there may be more: changes there belong to a later page.
    const last = stored.length === asked ? stored.at(-1)?.[0] : undefined;
    const merged = new Map<string, Uint8Array | null>(stored);
    for (const [key, value] of changed) if (last === undefined || key <= last) merged.set(key, value);
    const keys = [...merged.keys()].sort();
    const found: [Uint8Array, Uint8Array][] = [];
    for (const key of keys) {
      if (found.length === limit) break;
      const value = merged.get(key);
      if (value) found.push([Buffer.from(key, "latin1"), value]);
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
    this.#delta = new Delta();
    this.#deltaBytes = 0;
    this.#isClearing = true;
    this.#commit = this.#options.lmdb.clear();
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
    return records >= INDEX_DELTA_RECORDS_MAX || this.#deltaBytes >= INDEX_DELTA_BYTES_MAX;
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
    const { folder, lmdb, beforeCommit } = this.#options;
    beforeCommit?.();
    this.#committing = this.#delta;
    const bytes = this.#deltaBytes;
    this.#delta = new Delta();
    this.#deltaBytes = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    try {
      const { bavail, bsize } = await statfs(folder);
      // LMDB copies the pages it changes. A write that fails half-way is survived, but it is loud.
      if (bavail * bsize < FREE_BYTES_MIN + 2 * bytes) throw storeFull(folder);
      await lmdb.writeBatch(changesOf(this.#committing));
      this.#committing = new Delta();
    } catch (cause) {
      this.#committing.add(this.#delta);
      this.#delta = this.#committing;
      this.#deltaBytes += bytes;
      this.#committing = new Delta();
      throw diskError(cause, folder);
    }
  }

  #changesWithin(start: string, end: string): [string, Uint8Array | null][] {
    const found = new Map(this.#committing.within(start, end));
    for (const [key, value] of this.#delta.within(start, end)) found.set(key, value);
    return [...found];
  }
}

/** Keys as one character a byte: they compare and sort as the bytes do. */
function textOf(key: Uint8Array): string {
  const view = key instanceof Buffer ? key : Buffer.from(key.buffer, key.byteOffset, key.length);
  return view.toString("latin1");
}

function* changesOf(delta: Delta): Generator<{ key: Uint8Array; value: Uint8Array | null }> {
  for (const [text, value] of delta.all()) yield { key: Buffer.from(text, "latin1"), value };
}
