import * as fs from "node:fs";
import { dirname } from "node:path";
import { findDirectMemory } from "./direct-memory.ts";

/** One open file. Positions and lengths are in bytes. */
export interface DiskFile {
  /** Reads into `buffer` from `position` on; resolves with the bytes read, fewer than asked only at the file's end. */
  read(buffer: Uint8Array, position: number): Promise<number>;
  /** Writes all of `bytes` from `position` on. They must not change until it settles. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Resolves once the file's bytes and length are on the disk. After a rejection nothing is known about them. */
  datasync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export type OpenMode = "read" | "update" | "create";

/** The file system as the pack files need it (I8): tests count, fail and lose operations here. */
export interface DiskFiles {
  /**
   * `create` makes a new file (0600) and fails where one is; `update` opens for reading and writing. With `isDirect` the
   * file is read and written past the page cache: only in blocks, and only with memory from `directMemory`.
   */
  open(path: string, mode: OpenMode, options?: { readonly isDirect: boolean }): Promise<DiskFile>;
  /** So many bytes of memory for direct files in a folder; undefined where its file system or the system has none. */
  directMemory(folder: string, bytes: number): Promise<Buffer | undefined>;
  remove(path: string): Promise<void>;
  list(folder: string): Promise<string[]>;
  /** Makes a folder (0700) and those above it where they are missing. */
  makeFolder(path: string): Promise<void>;
  /** Resolves once the names in a folder are on the disk. */
  syncFolder(path: string): Promise<void>;
  size(path: string): Promise<number>;
  /** A small file as a whole; null where there is none. */
  readWhole(path: string): Promise<Uint8Array | null>;
  /** Replaces a small file (0600). Once it resolves the bytes are on the disk, and the name once its folder is synced. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** Bytes that may still be written on the disk that holds `path`. */
  freeBytes(path: string): Promise<number>;
}

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants;
const FLAGS = { read: O_RDONLY, update: O_RDWR, create: O_RDWR | O_CREAT | O_EXCL } as const;

/** The machine's file system. */
export const nodeDiskFiles: DiskFiles = {
  open: async (path, mode, options) => {
    const flags = options?.isDirect ? FLAGS[mode] | fs.constants.O_DIRECT : FLAGS[mode];
    return new NodeDiskFile(await openDescriptor(path, flags));
  },
  directMemory: findDirectMemory,
  remove: (path) => fs.promises.unlink(path),
  list: (folder) => fs.promises.readdir(folder),
  makeFolder: async (path) => {
    const made = await fs.promises.mkdir(path, { recursive: true, mode: FOLDER_MODE });
    if (made !== undefined) await nodeDiskFiles.syncFolder(dirname(made));
  },
  syncFolder: async (path) => {
    const folder = await fs.promises.open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  },
  size: async (path) => (await fs.promises.stat(path)).size,
  readWhole: async (path) => {
    try {
      return await fs.promises.readFile(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  },
  replace: async (path, bytes) => {
    const temporary = `${path}.new`;
    const file = await fs.promises.open(temporary, "w", FILE_MODE);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.promises.rename(temporary, path);
  },
  freeBytes: async (path) => {
    const { bavail, bsize } = await fs.promises.statfs(path);
    return bavail * bsize;
  },
};

/** Plain descriptors and callbacks: `FileHandle` costs about twice as much per call. */
class NodeDiskFile implements DiskFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    let done = 0;
    while (done < buffer.length) {
      const count = await this.#readSome(buffer, done, position + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) done += await this.#writeSome(bytes, done, position + done);
  }

  datasync(): Promise<void> {
    return settled((done) => fs.fdatasync(this.#descriptor, done));
  }

  truncate(length: number): Promise<void> {
    return settled((done) => fs.ftruncate(this.#descriptor, length, done));
  }

  size(): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.fstat(this.#descriptor, (error, stats) => (error ? reject(error) : resolve(stats.size)));
    });
  }

  close(): Promise<void> {
    return settled((done) => fs.close(this.#descriptor, done));
  }

  #readSome(buffer: Uint8Array, from: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#descriptor, buffer, from, buffer.length - from, position, (error, count) =>
        error ? reject(error) : resolve(count),
      );
    });
  }

  #writeSome(bytes: Uint8Array, from: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.write(this.#descriptor, bytes, from, bytes.length - from, position, (error, count) =>
        error ? reject(error) : resolve(count),
      );
    });
  }
}

function openDescriptor(path: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(path, flags, FILE_MODE, (error, descriptor) => (error ? reject(error) : resolve(descriptor)));
  });
}

function settled(start: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}
