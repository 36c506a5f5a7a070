import { randomFillSync } from "node:crypto";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const MIB = 2 ** 20;

/** A folder for what benchmarks leave; it goes at the end. */
export class Scratch {
  readonly #dir: string;
  #count = 0;

  constructor(parent: string) {
    this.#dir = mkdtempSync(join(parent, "gstore-bench-"));
  }

  /** A path that nothing has yet. */
  path(name: string): string {
    return join(this.#dir, `${this.#count++}-${name}`);
  }

  folder(name: string): string {
    const path = this.path(name);
    mkdirSync(path);
    return path;
  }

  /** A file of bytes that nothing can compress or deduplicate. */
  randomFile(bytes: number): string {
    const path = this.path("random");
    const file = openSync(path, "w");
    const part = Buffer.alloc(Math.min(bytes, MIB));
    for (let left = bytes; left > 0; left -= part.length) {
      writeSync(file, randomFillSync(part), 0, Math.min(left, part.length));
    }
    closeSync(file);
    return path;
  }

  /** A folder of files of so many bytes each, a hundred to a subfolder. */
  randomTree(options: { readonly files: number; readonly bytes: number }): string {
    const root = this.folder("tree");
    for (let index = 0; index < options.files; index++) {
      const folder = join(root, String(Math.floor(index / 100)).padStart(4, "0"));
      if (index % 100 === 0) mkdirSync(folder);
      const file = openSync(join(folder, `f${index}`), "w");
      writeSync(file, randomFillSync(Buffer.alloc(options.bytes)));
      closeSync(file);
    }
    return root;
  }

  remove(path: string = this.#dir): void {
    rmSync(path, { recursive: true, force: true });
  }
}
