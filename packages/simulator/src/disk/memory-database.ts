import type { ByteDatabase, ByteDatabaseOptions } from "@gstore/cas/internals";
import { GstoreError } from "@gstore/core";
import type { Life } from "../world/life.ts";
import type { DiskImage } from "./disk-image.ts";

/** An index file as it lies on a disk: all of its commits are synced. Keys are one character a byte. */
export interface StoredDatabase {
  readonly tag: string;
  readonly records: Map<string, Uint8Array>;
}

interface Bounds {
  readonly start: Uint8Array;
  readonly end: Uint8Array;
}

/** Simulated milliseconds of a commit. */
const COMMIT_MS = 4;

/**
 * In place of LMDB, which is native code on real files: ordered byte keys whose commits are atomic and synced when they
 * resolve. What the store may lose of its index in a crash, it rebuilds from the packs.
 */
export class MemoryDatabase implements ByteDatabase {
  readonly isNew: boolean;
  readonly #life: Life;
  readonly #image: DiskImage;
  readonly #folder: string;
  readonly #stored: StoredDatabase;
  /** All keys in order. */
  readonly #keys: string[];

  private constructor(
    life: Life,
    image: DiskImage,
    opened: { folder: string; stored: StoredDatabase; isNew: boolean },
  ) {
    this.#life = life;
    this.#image = image;
    this.#folder = opened.folder;
    this.isNew = opened.isNew;
    this.#stored = opened.stored;
    this.#keys = [...opened.stored.records.keys()].sort();
  }

  static open(
    life: Life,
    image: DiskImage,
    { folder, tag, startsEmpty }: ByteDatabaseOptions,
  ): Promise<MemoryDatabase> {
    return life.whileAlive(async () => {
      const known = image.databases.get(folder);
      const isUsable = startsEmpty !== true && known?.tag === tag;
      const stored = isUsable ? known : { tag, records: new Map<string, Uint8Array>() };
      image.databases.set(folder, stored);
      return new MemoryDatabase(life, image, { folder, stored, isNew: !isUsable });
    });
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#stored.records.get(textOf(key));
  }

  borrow(key: Uint8Array): Uint8Array | undefined {
    return this.get(key);
  }

  *range({ start, end }: Bounds): Generator<{ key: Uint8Array; value: Uint8Array }> {
    const to = textOf(end);
    for (let at = this.#place(textOf(start)); at < this.#keys.length; at++) {
      const key = this.#keys[at] as string;
      if (key >= to) return;
      yield { key: Buffer.from(key, "latin1"), value: this.#stored.records.get(key) as Uint8Array };
    }
  }

  /** What is damaged is made anew when it is opened the next time. */
  damaged(): GstoreError {
    this.#image.databases.delete(this.#folder);
    return new GstoreError("STORE_DAMAGED", `The index in ${this.#folder} is damaged.`);
  }

  async clear(): Promise<void> {
    await this.#life.sleep(COMMIT_MS);
    this.#stored.records.clear();
    this.#keys.length = 0;
  }

  async writeBatch(changes: Iterable<{ key: Uint8Array; value: Uint8Array | null }>): Promise<void> {
    const batch = [...changes].map(({ key, value }) => ({
      key: textOf(key),
      value: value && Uint8Array.from(value),
    }));
    await this.#life.sleep(COMMIT_MS * this.#image.health.slowness);
    for (const { key, value } of batch) this.#set(key, value);
  }

  async close(): Promise<void> {
    await this.#life.whileAlive(async () => {});
  }

  #set(key: string, value: Uint8Array | null): void {
    const at = this.#place(key);
    const isKnown = this.#keys[at] === key;
    if (value === null) {
      this.#stored.records.delete(key);
      if (isKnown) this.#keys.splice(at, 1);
    } else {
      this.#stored.records.set(key, value);
      if (!isKnown) this.#keys.splice(at, 0, key);
    }
  }

  /** Where a key stands, or would stand. */
  #place(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
}
