import { lstat, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { GstoreError, quoteName } from "@gstore/gateway/client";

/**
 * The parts of a name below a target folder, or undefined where it could lead out of it: an empty or dotted part, an
 * absolute name, a drive letter, `..` between backslashes, NUL. Keys come from other nodes, and this is the last door.
 */
export function safeParts(name: string): readonly string[] | undefined {
  const parts = name.split("/");
  const isSafe = parts.every((part) => part !== "" && part !== "." && part !== "..");
  if (!isSafe || name.includes("\0")) return undefined;
  if (process.platform === "win32" && /[\\:]/.test(name)) return undefined;
  // Elsewhere these are names like any other, but a trap for whoever copies them to Windows.
  if (/^[A-Za-z]:[\\/]/.test(name) || name.startsWith("\\")) return undefined;
  return name.split(/[\\/]/).includes("..") ? undefined : parts;
}

/** Makes the folders of files below one target, and refuses to go through a symbolic link on the way. */
export class SafeFolder {
  readonly #root: string;
  readonly #known = new Map<string, Promise<void>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The path of `name` below the target, its folder made. Throws `REQUEST_REFUSED` where that would lead out of it. */
  async pathOf(name: string): Promise<string> {
    const parts = safeParts(name);
    if (parts === undefined) {
      throw new GstoreError(
        "REQUEST_REFUSED",
        `The key's part ${quoteName(name)} could lead out of the folder.`,
        {
          key: name,
        },
      );
    }
    await this.#ensure(parts.slice(0, -1));
    return join(this.#root, ...parts);
  }

  #ensure(parts: readonly string[]): Promise<void> {
    const path = join(this.#root, ...parts);
    let ensured = this.#known.get(path);
    if (ensured === undefined) {
      ensured = this.#make(path, parts);
      this.#known.set(path, ensured);
    }
    return ensured;
  }

  async #make(path: string, parts: readonly string[]): Promise<void> {
    if (parts.length === 0) {
      await mkdir(path, { recursive: true });
      return;
    }
    await this.#ensure(parts.slice(0, -1));
    try {
      await mkdir(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (!(await lstat(path)).isDirectory()) {
      throw new GstoreError(
        "REQUEST_REFUSED",
        `${path} is no folder of its own, so nothing is written through it.`,
        {
          path,
        },
      );
    }
  }
}
