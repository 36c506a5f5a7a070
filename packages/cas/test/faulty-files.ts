import { type DiskFile, type DiskFiles, nodeDiskFiles } from "../src/disk-files.ts";

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

  /** Called before each read of a file. */
  beforeRead: (path: string) => void | Promise<void> = () => {};

  count(name: DiskOperation["name"]): number {
    return this.operations.filter((operation) => operation.name === name).length;
  }

  async open(path: string, mode: "read" | "update" | "create"): Promise<DiskFile> {
    if (mode === "create") await this.note({ name: "create", path });
    return new FaultyFile(this, path, await nodeDiskFiles.open(path, mode));
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

  async note(operation: DiskOperation): Promise<void> {
    this.operations.push(operation);
    await this.before(operation);
  }
}

class FaultyFile implements DiskFile {
  readonly #files: FaultyFiles;
  readonly #path: string;
  readonly #file: DiskFile;

  constructor(files: FaultyFiles, path: string, file: DiskFile) {
    this.#files = files;
    this.#path = path;
    this.#file = file;
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    await this.#files.beforeRead(this.#path);
    return this.#file.read(buffer, position);
  }

  async write(parts: readonly Uint8Array[], position: number): Promise<void> {
    await this.#files.note({ name: "write", path: this.#path });
    await this.#file.write(parts, position);
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
}

/** An error as the system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
