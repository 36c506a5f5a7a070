import { randomBytes } from "node:crypto";
import { unlinkSync } from "node:fs";
import { type FileHandle, link, open, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GstoreError } from "@gstore/gateway/client";

/** Files to remove if the process ends before they are finished: at a second Ctrl-C nothing else is awaited. */
const unfinished = new Set<string>();
let isWatchingExit = false;

/** A file that becomes visible under its name whole or not at all. It is written beside its place, for its owner only. */
export class TemporaryFile {
  readonly handle: FileHandle;
  readonly #path: string;
  readonly #target: string;

  private constructor(handle: FileHandle, { path, target }: { path: string; target: string }) {
    this.handle = handle;
    this.#path = path;
    this.#target = target;
  }

  static async create(target: string): Promise<TemporaryFile> {
    if (!isWatchingExit) process.on("exit", removeUnfinished);
    isWatchingExit = true;
    const path = temporaryPath(target);
    unfinished.add(path);
    return new TemporaryFile(await open(path, "wx", 0o600), { path, target });
  }

  /** Puts the file in its place. Rejects with `ALREADY_EXISTS` where there is one that may not be replaced. */
  async finish({ mayReplace }: { readonly mayReplace: boolean }): Promise<void> {
    await this.handle.close();
    if (mayReplace) await rename(this.#path, this.#target);
    else await this.#linkIntoPlace();
    unfinished.delete(this.#path);
  }

  /** Removes it. Harmless after `finish`. */
  async discard(): Promise<void> {
    if (!unfinished.has(this.#path)) return;
    await this.handle.close().catch(() => {});
    await unlink(this.#path).catch(() => {});
    unfinished.delete(this.#path);
  }

  /** Unlike a rename, a link never replaces what another process has put there in the meantime. */
  async #linkIntoPlace(): Promise<void> {
    try {
      await link(this.#path, this.#target);
      await unlink(this.#path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") throw alreadyExists(this.#target);
      if (!isWithoutLinks(code)) throw error;
      await rename(this.#path, this.#target);
    }
  }
}

/** A name beside a file, for what shall become it. */
export function temporaryPath(target: string): string {
  return join(dirname(target), `.gstore-${OWN_NAME}${(count++).toString(16).padStart(4, "0")}.part`);
}

const OWN_NAME: string = randomBytes(6).toString("hex");
let count = 0;

/** Whether a link failed because the file system has none: the check before the download has to do then. */
export function isWithoutLinks(code: string | undefined): boolean {
  return code === "EPERM" || code === "ENOTSUP" || code === "ENOSYS";
}

export function alreadyExists(path: string): GstoreError {
  return new GstoreError("ALREADY_EXISTS", `${path} exists already; --force replaces it.`, { path });
}

function removeUnfinished(): void {
  for (const path of unfinished) {
    try {
      unlinkSync(path);
    } catch {
      // Gone already, or never made.
    }
  }
}
