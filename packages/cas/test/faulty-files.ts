import { type DiskFile, type DiskFiles, nodeDiskFiles, type OpenMode } from "../src/disk-files.ts";

/** One operation on the packs' file system. */
export interface DiskOperation {
  readonly name: "create" | "write" | "datasync" | "truncate" | "remove" | "syncFolder" | "freeBytes";
  readonly path: string;
}

/** The real file system, with every change counted and, where a test says so, failing. */
export class FaultyFiles implements DiskFiles {
  readonly operations: DiskOperation[] = [];
  /** Called before each operation; what it throws is what the operation rejects with. */
  before: (operation: DiskOperation) => void | Promise<void> = () => {};

  /** Called after each write that succeeded. */
  written: () => void = () => {};

  /** Called before each read of a file. */
  beforeRead: (path: string) => void | Promise<void> = () => {};

  /** Set to be a file system that can't be written past its page cache. */
  refusesDirect = false;
  memory: Buffer | undefined;
  /** Writes past the page cache so far. */
  directWrites = 0;

  count(name: DiskOperation["name"]): number {
    return this.operations.filter((operation) => operation.name === name).length;
  }

  async open(path: string, mode: OpenMode, options?: { readonly isDirect: boolean }): Promise<DiskFile> {
    if (mode === "create") await this.note({ name: "create", path });
    const file = await nodeDiskFiles.open(path, mode, options);
    return new FaultyFile(this, { path, file, isDirect: options?.isDirect === true });
  }

  async directMemory(folder: string, bytes: number): Promise<Buffer | undefined> {
    this.memory = this.refusesDirect ? undefined : await nodeDiskFiles.directMemory(folder, bytes);
    return this.memory;
  }

  async remove(path: string): Promise<void> {
    await this.note({ name: "remove", path });
    await nodeDiskFiles.remove(path);
  }

  async syncFolder(path: string): Promise<void> {
    await this.note({ name: "syncFolder", path });
    await nodeDiskFiles.syncFolder(path);
  }

  async freeBytes(path: string): Promise<number> {
    await this.note({ name: "freeBytes", path });
    return nodeDiskFiles.freeBytes(path);
  }

  list(folder: string): Promise<string[]> {
    return nodeDiskFiles.list(folder);
  }

  makeFolder(path: string): Promise<void> {
    return nodeDiskFiles.makeFolder(path);
  }

  size(path: string): Promise<number> {
    return nodeDiskFiles.size(path);
  }

  readWhole(path: string): Promise<Uint8Array | null> {
    return nodeDiskFiles.readWhole(path);
  }

  replace(path: string, bytes: Uint8Array): Promise<void> {
    return nodeDiskFiles.replace(path, bytes);
  }

  async note(operation: DiskOperation): Promise<void> {
    this.operations.push(operation);
    await this.before(operation);
  }
}

class FaultyFile implements DiskFile {
  readonly #files: FaultyFiles;
  readonly #path: string;
  readonly #file: DiskFile;
  readonly #isDirect: boolean;

  constructor(files: FaultyFiles, opened: { path: string; file: DiskFile; isDirect: boolean }) {
    this.#files = files;
    this.#path = opened.path;
    this.#file = opened.file;
    this.#isDirect = opened.isDirect;
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    await this.#files.beforeRead(this.#path);
    return this.#file.read(buffer, position);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    await this.#files.note({ name: "write", path: this.#path });
    this.#checkAlignment(bytes, position);
    await this.#file.write(bytes, position);
    this.#files.written();
  }

  async datasync(): Promise<void> {
    await this.#files.note({ name: "datasync", path: this.#path });
    await this.#file.datasync();
  }

  async truncate(length: number): Promise<void> {
    await this.#files.note({ name: "truncate", path: this.#path });
    await this.#file.truncate(length);
  }

  size(): Promise<number> {
    return this.#file.size();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** As strict as the strictest disk: the file system under a test may take what others refuse. */
  #checkAlignment(bytes: Uint8Array, position: number): void {
    if (!this.#isDirect) return;
    const { memory } = this.#files;
    const isFromMemory = memory !== undefined && bytes.buffer === memory.buffer;
    const offset = isFromMemory ? bytes.byteOffset - memory.byteOffset : -1;
    const isAligned = [offset, bytes.length, position].every((number) => number >= 0 && number % 4096 === 0);
    if (!isAligned) throw systemError("EINVAL");
    this.#files.directWrites += 1;
  }
}

/** An error as the system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
