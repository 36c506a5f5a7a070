import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  futimesSync,
  linkSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { GstoreError } from "@gstore/gateway/client";
import { changedWhileRead } from "./source-file.ts";
import { describeSystemError } from "./system-error.ts";
import { alreadyExists, isWithoutLinks, temporaryPath } from "./temporary-file.ts";

/** A small file that was read whole. */
export interface WholeFile {
  readonly bytes: Uint8Array;
  readonly modifiedMs: number;
  readonly mode: number;
}

/** What a file is written with. */
export interface FileAttributes {
  readonly mode: number;
  readonly modified: Date | null;
}

/**
 * As `TemporaryFile` does, in one go on this thread: the file appears under its name whole, with its attributes, or not at
 * all. Throws `ALREADY_EXISTS` where there is one that may not be replaced.
 */
export function writeWholeFile(
  target: string,
  bytes: Uint8Array,
  { attributes, mayReplace }: { readonly attributes: FileAttributes; readonly mayReplace: boolean },
): void {
  const path = temporaryPath(target);
  const descriptor = openSync(path, "wx", 0o600);
  let isInPlace = false;
  try {
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
      fchmodSync(descriptor, attributes.mode);
      if (attributes.modified !== null) futimesSync(descriptor, attributes.modified, attributes.modified);
    } finally {
      closeSync(descriptor);
    }
    if (mayReplace) renameSync(path, target);
    else linkIntoPlace(path, target);
    isInPlace = true;
  } finally {
    if (!isInPlace) unlinkQuietly(path);
  }
}

/**
 * A file of at most `bytesMax` bytes; null where it is larger, empty or no plain file (any more), so that it has to be
 * opened as whatever it is. Fails with `SOURCE_CHANGED` where it was changed meanwhile, with `SOURCE_FAILED` where it can't be read.
 */
export function readWholeFile(path: string, bytesMax: number): WholeFile | null {
  try {
    // It may be a pipe by now: that must not block. (Windows has neither such pipes nor the flag.)
    const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      return readDescriptor(descriptor, path, bytesMax);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const failed = describeSystemError(error, "SOURCE_FAILED");
    if (failed === undefined) throw error;
    const message = failed.message.includes(path) ? failed.message : `${path}: ${failed.message}`;
    throw new GstoreError("SOURCE_FAILED", message, { path, cause: error });
  }
}

function readDescriptor(descriptor: number, path: string, bytesMax: number): WholeFile | null {
  const stats = fstatSync(descriptor, { bigint: true });
  const size = Number(stats.size);
  if (!stats.isFile() || size === 0 || size > bytesMax) return null;
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let done = 0; done < size; ) {
    const count = readSync(descriptor, bytes, done, size - done, done);
    if (count === 0) throw changedWhileRead(path);
    done += count;
  }
  const now = fstatSync(descriptor, { bigint: true });
  if (now.size !== stats.size || now.mtimeNs !== stats.mtimeNs) throw changedWhileRead(path);
  return { bytes, modifiedMs: Number(stats.mtimeMs), mode: Number(stats.mode) & 0o777 };
}

/** Unlike a rename, a link never replaces what another process has put there in the meantime. */
function linkIntoPlace(path: string, target: string): void {
  try {
    linkSync(path, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw alreadyExists(target);
    if (!isWithoutLinks(code)) throw error;
    renameSync(path, target);
    return;
  }
  unlinkSync(path);
}

function unlinkQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already: what failed before is told.
  }
}
