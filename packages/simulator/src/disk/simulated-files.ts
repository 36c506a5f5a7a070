import { dirname } from "node:path";
import type { DiskFile, DiskFiles, OpenMode } from "@gstore/cas/internals";
import type { Random } from "@gstore/core";
import type { Life } from "../world/life.ts";
import type { DiskImage } from "./disk-image.ts";
import { BLOCK_BYTES, ImageFile } from "./image-file.ts";

/** Simulated milliseconds that the disk takes, at most, where its health is good. */
const WRITE_MS_MAX = 1;
const SYNC_MS_MAX = 8;

/** The file system of one process on a {@link DiskImage}: writes are seen at once and safe once synced. */
export class SimulatedFiles implements DiskFiles {
  readonly #life: Life;
  readonly #image: DiskImage;
  readonly #random: Random;
  /** Memory that direct files may be written from. */
  readonly #directMemory = new Set<ArrayBufferLike>();

  constructor(life: Life, image: DiskImage, random: Random) {
    this.#life = life;
    this.#image = image;
    this.#random = random;
  }

  async open(path: string, mode: OpenMode, options?: { readonly isDirect: boolean }): Promise<DiskFile> {
    await this.take(mode === "create" ? WRITE_MS_MAX : 0);
    const known = this.#image.file(path);
    if (mode === "create" && known !== undefined) throw systemError("EEXIST", path);
    const file = known ?? new ImageFile();
    if (mode === "create") this.#image.add(path, file);
    else if (known === undefined) throw systemError("ENOENT", path);
    const simulated = new SimulatedFile(this, this.#image, { path, file, random: this.#random });
    return options?.isDirect ? new DirectFile(simulated, path, this.#directMemory) : simulated;
  }

  /** Some processes find a disk that can be written past the page cache, some don't. */
  async directMemory(_folder: string, bytes: number): Promise<Buffer | undefined> {
    await this.take(WRITE_MS_MAX);
    if (this.#random.below(2) === 0) return undefined;
    const memory = Buffer.alloc(bytes);
    this.#directMemory.add(memory.buffer);
    return memory;
  }

  async remove(path: string): Promise<void> {
    await this.take(WRITE_MS_MAX);
    if (this.#image.file(path) === undefined) throw systemError("ENOENT", path);
    this.#image.remove(path);
  }

  async list(folder: string): Promise<string[]> {
    await this.take(0);
    return this.#image
      .paths()
      .filter((path) => dirname(path) === folder)
      .map((path) => path.slice(folder.length + 1));
  }

  /** Folders are there where a file is in them. */
  async makeFolder(): Promise<void> {
    await this.take(0);
  }

  async syncFolder(path: string): Promise<void> {
    await this.takeOrFail(SYNC_MS_MAX, path);
    this.#image.syncNames(path);
  }

  async size(path: string): Promise<number> {
    await this.take(0);
    const file = this.#image.file(path);
    if (file === undefined) throw systemError("ENOENT", path);
    return file.length;
  }

  async readWhole(path: string): Promise<Uint8Array | null> {
    await this.take(0);
    const file = this.#image.file(path);
    return file === undefined ? null : Uint8Array.from(file.bytes());
  }

  async replace(path: string, bytes: Uint8Array): Promise<void> {
    const file = new ImageFile();
    if (bytes.length > this.#image.freeBytes) throw systemError("ENOSPC", path);
    await this.takeOrFail(SYNC_MS_MAX, path);
    file.write(Uint8Array.from(bytes), 0);
    file.sync();
    this.#image.add(path, file);
  }

  async freeBytes(): Promise<number> {
    await this.take(0);
    return this.#image.freeBytes;
  }

  /** Resolves when the disk has done something that takes up to so long; never where the process ends before. */
  async take(msMax: number): Promise<void> {
    const { slowness } = this.#image.health;
    // What is read is mostly in the cache: without a moment of its own where the disk is not slow.
    const ms = (slowness > 1 ? Math.max(msMax, WRITE_MS_MAX) : msMax) * slowness;
    if (ms > 0) await this.#life.sleep(ms * (0.1 + 0.9 * (this.#random.below(1000) / 1000)));
    else await this.#life.whileAlive(async () => {});
  }

  /** As {@link take}; rejects with EIO where the disk's health says so. */
  async takeOrFail(msMax: number, path: string): Promise<void> {
    await this.take(msMax);
    const { failurePercent } = this.#image.health;
    if (failurePercent > 0 && this.#random.below(100) < failurePercent) throw systemError("EIO", path);
  }

  writeMs(bytes: number): number {
    return WRITE_MS_MAX * (1 + bytes / 1_000_000);
  }

  get syncMsMax(): number {
    return SYNC_MS_MAX;
  }
}

class SimulatedFile implements DiskFile {
  readonly #files: SimulatedFiles;
  readonly #image: DiskImage;
  readonly #path: string;
  readonly #file: ImageFile;
  readonly #random: Random;

  constructor(
    files: SimulatedFiles,
    image: DiskImage,
    { path, file, random }: { path: string; file: ImageFile; random: Random },
  ) {
    this.#files = files;
    this.#image = image;
    this.#path = path;
    this.#file = file;
    this.#random = random;
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    await this.#files.take(0);
    return this.#file.read(buffer, position);
  }

  async write(given: Uint8Array, position: number): Promise<void> {
    await this.#files.takeOrFail(this.#files.writeMs(given.length), this.#path);
    // The writer's memory is used again once this settles.
    const bytes = Uint8Array.from(given);
    const growth = Math.max(0, position + bytes.length - this.#file.length);
    const room = this.#image.freeBytes;
    if (growth <= room) {
      this.#file.write(bytes, position);
      return;
    }
    // A full disk takes what fits.
    this.#file.write(bytes.subarray(0, Math.max(0, bytes.length - (growth - room))), position);
    throw systemError("ENOSPC", this.#path);
  }

  /** Covers what was written when it was called. */
  async datasync(): Promise<void> {
    const { changes } = this.#file;
    try {
      await this.#files.takeOrFail(this.#files.syncMsMax, this.#path);
    } catch (error) {
      this.#file.failSync(this.#random);
      throw error;
    }
    this.#file.sync(changes);
  }

  async truncate(length: number): Promise<void> {
    await this.#files.takeOrFail(this.#files.writeMs(0), this.#path);
    this.#file.truncate(length);
  }

  async size(): Promise<number> {
    await this.#files.take(0);
    return this.#file.length;
  }

  async close(): Promise<void> {
    await this.#files.take(0);
  }
}

/** A file that is read and written past the page cache: refuses what the system refuses of such a file. */
class DirectFile implements DiskFile {
  readonly #file: DiskFile;
  readonly #path: string;
  readonly #memory: ReadonlySet<ArrayBufferLike>;

  constructor(file: DiskFile, path: string, memory: ReadonlySet<ArrayBufferLike>) {
    this.#file = file;
    this.#path = path;
    this.#memory = memory;
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    this.#check(buffer, position);
    return await this.#file.read(buffer, position);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    this.#check(bytes, position);
    await this.#file.write(bytes, position);
  }

  datasync(): Promise<void> {
    return this.#file.datasync();
  }

  truncate(length: number): Promise<void> {
    return this.#file.truncate(length);
  }

  size(): Promise<number> {
    return this.#file.size();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #check({ buffer, byteOffset, length }: Uint8Array, position: number): void {
    const isAligned = [byteOffset, length, position].every((number) => number % BLOCK_BYTES === 0);
    if (!isAligned || !this.#memory.has(buffer)) throw systemError("EINVAL", this.#path);
  }
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: simulated, ${path}`), { code });
}
