import { dirname } from "node:path";
import type { Random } from "@gstore/core";
import type { ImageFile } from "./image-file.ts";
import type { StoredDatabase } from "./memory-database.ts";

/** What a machine's disk does besides storing. */
export interface DiskHealth {
  /** Bytes that fit. */
  capacityBytes: number;
  /** Of 100 writes and syncs this many fail with EIO. */
  failurePercent: number;
  /** How many times longer than usual everything takes. */
  slowness: number;
}

export const DISK_BYTES: number = 1024 * 1024 * 1024;

/** Everything on a node's disk: it outlives the process, a crash loses what was not synced, and old copies can come back. */
export class DiskImage {
  readonly health: DiskHealth = { capacityBytes: DISK_BYTES, failurePercent: 0, slowness: 1 };
  /** The index files, by folder. */
  readonly databases: Map<string, StoredDatabase> = new Map();
  readonly #files: Map<string, ImageFile>;
  /** Names as a crash would leave them. */
  readonly #durableNames: Map<string, ImageFile>;

  constructor(files: Map<string, ImageFile> = new Map()) {
    this.#files = files;
    this.#durableNames = new Map(files);
  }

  get usedBytes(): number {
    let bytes = 0;
    for (const file of this.#files.values()) bytes += file.length;
    return bytes;
  }

  get freeBytes(): number {
    return Math.max(0, this.health.capacityBytes - this.usedBytes);
  }

  file(path: string): ImageFile | undefined {
    return this.#files.get(path);
  }

  paths(): string[] {
    return [...this.#files.keys()];
  }

  add(path: string, file: ImageFile): void {
    this.#files.set(path, file);
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  /** Makes the names in a folder safe. */
  syncNames(folder: string): void {
    for (const path of this.#pathsEver()) {
      if (dirname(path) !== folder) continue;
      const file = this.#files.get(path);
      if (file === undefined) this.#durableNames.delete(path);
      else this.#durableNames.set(path, file);
    }
  }

  /** The disk as it is found after a crash; this one is not to be used any more. */
  crashed(random: Random): DiskImage {
    const keeps = random.below(5);
    const files = new Map<string, ImageFile>();
    for (const path of this.#pathsEver()) {
      const [now, before] = [this.#files.get(path), this.#durableNames.get(path)];
      const file = random.below(4) < keeps ? now : before;
      if (file !== undefined) files.set(path, file.crashed(random, keeps));
    }
    return this.#successor(files);
  }

  /** An identical disk, as a backup of a stopped node is. */
  copy(): DiskImage {
    const files = [...this.#files].map(([path, file]): [string, ImageFile] => {
      file.sync();
      return [path, file.crashed(NO_RANDOM, 0)];
    });
    return this.#successor(new Map(files));
  }

  #successor(files: Map<string, ImageFile>): DiskImage {
    const image = new DiskImage(files);
    Object.assign(image.health, this.health);
    for (const [folder, database] of this.databases) {
      image.databases.set(folder, { tag: database.tag, records: new Map(database.records) });
    }
    return image;
  }

  #pathsEver(): Set<string> {
    return new Set([...this.#files.keys(), ...this.#durableNames.keys()]);
  }
}

/** Where nothing is left to chance. */
const NO_RANDOM: Random = { bytes: (length) => new Uint8Array(length), below: () => 0 };
