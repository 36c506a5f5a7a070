import { open, rm } from "node:fs/promises";

/** A file that takes the room away. */
export class Ballast {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  async take(mib: number): Promise<void> {
    const file = await open(this.#path, "a");
    try {
      await file.writeFile(Buffer.alloc(mib * 2 ** 20));
    } finally {
      await file.close();
    }
  }

  /** All that is left, to the last block, though the node may write meanwhile. */
  async takeAll(): Promise<void> {
    const file = await open(this.#path, "a");
    try {
      for (const block = Buffer.alloc(4096); ; ) await file.writeFile(block);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    } finally {
      await file.close();
    }
  }

  release(): Promise<void> {
    return rm(this.#path);
  }
}
