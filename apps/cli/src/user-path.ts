import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** This package's folder, seen from src/ and from dist/ alike. */
const PACKAGE_FOLDER = join(dirname(fileURLToPath(import.meta.url)), "..");

/**
 * An absolute path for one that the user typed. `pnpm --filter cli start` runs us in our own package's folder and tells
 * in INIT_CWD where the user stands. Anywhere else the current folder is meant: INIT_CWD is then left over from a script
 * that runs gstore from a folder it chose.
 */
export function userPath(path: string): string {
  return resolve(userFolder(), path);
}

/** The folder that the user stands in. */
export function userFolder(): string {
  const { INIT_CWD: start } = process.env;
  if (start === undefined || start === "") return process.cwd();
  return process.cwd() === realpathSync(PACKAGE_FOLDER) ? start : process.cwd();
}

/** A folder that the user named, where a shell leaves a leading `~` as it is (`--dir=~/x`). */
export function userFolderPath(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : userPath(path);
}
