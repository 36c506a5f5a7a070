import type { Random } from "@gstore/core";

/** What a disk writes as one: of a write that a crash cut off, whole blocks are there or not. */
export const BLOCK_BYTES = 4096;

type Change =
  | { readonly kind: "write"; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly length: number };

/** A file as the process sees it, and as it would be after a crash. */
export class ImageFile {
  readonly #cached: Content;
  readonly #durable: Content;
  /** Changes since the last sync, in order. */
  readonly #unsynced: Change[] = [];
  #syncedChanges = 0;
  /** Numbers of the blocks that a sync which succeeded was about. */
  readonly #syncedBlocks: Set<number>;

  constructor(
    cached: Content = new Content(),
    durable: Content = new Content(),
    syncedBlocks: ReadonlySet<number> = new Set(),
  ) {
    this.#cached = cached;
    this.#durable = durable;
    this.#syncedBlocks = new Set(syncedBlocks);
  }

  /** Whether some of these bytes were synced: what was written there and never synced may be there in part. */
  isSynced({ offset, bytes }: { offset: number; bytes: number }): boolean {
    return blocksOf(offset, bytes).some((block) => this.#syncedBlocks.has(block));
  }

  get length(): number {
    return this.#cached.length;
  }

  /** Changes so far, for {@link sync}. */
  get changes(): number {
    return this.#syncedChanges + this.#unsynced.length;
  }

  read(buffer: Uint8Array, position: number): number {
    return this.#cached.read(buffer, position);
  }

  bytes(): Uint8Array {
    return this.#cached.bytes();
  }

  write(bytes: Uint8Array, position: number): void {
    this.#change({ kind: "write", position, bytes });
  }

  truncate(length: number): void {
    this.#change({ kind: "truncate", length });
  }

  /** Makes all safe, or the first so many changes. */
  sync(changes: number = this.changes): void {
    const synced = this.#unsynced.splice(0, Math.max(0, changes - this.#syncedChanges));
    for (const change of synced) {
      apply(this.#durable, change);
      if (change.kind === "truncate") continue;
      for (const block of blocksOf(change.position, change.bytes.length)) this.#syncedBlocks.add(block);
    }
    this.#syncedChanges += synced.length;
  }

  /**
   * As a failed sync leaves it: of each change blocks may have come to the disk or not, and no later sync tries again;
   * the process goes on to see all of them.
   */
  failSync(random: Random): void {
    const given = this.#unsynced.splice(0);
    for (const change of given) applyPartly(this.#durable, change, random, 2);
    this.#syncedChanges += given.length;
  }

  /** As it is found after a crash. `keeps` of 0 loses all that was not synced, of 4 nothing, in between blocks by chance. */
  crashed(random: Random, keeps: number): ImageFile {
    const durable = this.#durable.clone();
    for (const change of this.#unsynced) applyPartly(durable, change, random, keeps);
    return new ImageFile(durable.clone(), durable, this.#syncedBlocks);
  }

  /** Flips bits of a byte where it lies, as a bad disk would. */
  damage(position: number): void {
    this.#cached.flip(position);
    this.#durable.flip(position);
  }

  #change(change: Change): void {
    apply(this.#cached, change);
    this.#unsynced.push(change);
  }
}

function blocksOf(offset: number, bytes: number): number[] {
  const first = Math.floor(offset / BLOCK_BYTES);
  return Array.from(
    { length: Math.ceil((offset + bytes) / BLOCK_BYTES) - first },
    (_, index) => first + index,
  );
}

function apply(content: Content, change: Change): void {
  if (change.kind === "write") content.write(change.bytes, change.position);
  else content.truncate(change.length);
}

function applyPartly(content: Content, change: Change, random: Random, keeps: number): void {
  if (change.kind === "truncate") {
    if (random.below(4) < keeps) content.truncate(change.length);
    return;
  }
  const { bytes, position } = change;
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + BLOCK_BYTES - ((position + from) % BLOCK_BYTES));
    if (random.below(4) < keeps) content.write(bytes.subarray(from, to), position + from);
    from = to;
  }
}

const CONTENT_BYTES_MIN = 16 * 1024;

/** Bytes that grow. */
class Content {
  length = 0;
  #buffer = new Uint8Array(0);

  read(buffer: Uint8Array, position: number): number {
    const count = Math.max(0, Math.min(buffer.length, this.length - position));
    buffer.set(this.#buffer.subarray(position, position + count));
    return count;
  }

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(CONTENT_BYTES_MIN, 2 * this.#buffer.length, end));
      grown.set(this.bytes());
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, position);
    this.length = Math.max(this.length, end);
  }

  truncate(length: number): void {
    if (length > this.length) this.write(new Uint8Array(length - this.length), this.length);
    // What is cut off must not show again when the file grows.
    else this.#buffer.fill(0, length, this.length);
    this.length = length;
  }

  flip(position: number): void {
    if (position < this.length) this.#buffer[position] = (this.#buffer[position] as number) ^ 0x10;
  }

  clone(): Content {
    const clone = new Content();
    clone.write(this.bytes(), 0);
    return clone;
  }
}
