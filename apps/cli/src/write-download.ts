import type { Stats } from "node:fs";
import { lstat, open, stat } from "node:fs/promises";
import type { Download, FileRecord } from "@gstore/gateway/client";
import { alreadyExists, TemporaryFile } from "./temporary-file.ts";
import { writeParts } from "./write-parts.ts";

/** Where a download goes: a device or pipe is written to as it is, for replacing /dev/null would be no good. */
export interface Target {
  readonly path: string;
  readonly isDevice: boolean;
}

export interface WriteOptions {
  readonly mayReplace: boolean;
  readonly onBytes: (bytes: number) => void;
}

/** Rejects with `ALREADY_EXISTS` where something is there that may not be replaced. Asked before anything is fetched. */
export async function targetAt(
  path: string,
  { mayReplace }: { readonly mayReplace: boolean },
): Promise<Target> {
  const kind = await kindOf(path);
  if (!mayReplace && kind !== "nothing") throw alreadyExists(path);
  return { path, isDevice: kind === "device" };
}

/**
 * Writes a download to a file: whole under its name, or not at all, with the modification time and permission bits it
 * was stored with.
 */
export async function writeDownload(
  { path, isDevice }: Target,
  download: Download,
  options: WriteOptions,
): Promise<void> {
  if (isDevice) return writeToDevice(path, download, options);
  const file = await TemporaryFile.create(path);
  try {
    await writeParts(file.handle, download.body, options.onBytes);
    await applyAttributes(file, download.file);
    await file.finish(options);
  } finally {
    await file.discard();
  }
}

async function writeToDevice(path: string, { body }: Download, { onBytes }: WriteOptions): Promise<void> {
  const handle = await open(path, "w");
  try {
    await writeParts(handle, body, onBytes);
  } finally {
    await handle.close();
  }
}

async function applyAttributes({ handle }: TemporaryFile, { mode, modified }: FileRecord): Promise<void> {
  await handle.chmod(mode === null ? 0o666 & ~process.umask() : Number.parseInt(mode, 8) & 0o777);
  if (modified === null) return;
  const time = new Date(modified);
  await handle.utimes(time, time);
}

async function kindOf(path: string): Promise<"nothing" | "file" | "device"> {
  const entry = await existing(lstat(path));
  if (entry === undefined) return "nothing";
  // A symbolic link to nothing is something.
  const stats = entry.isSymbolicLink() ? await existing(stat(path)) : entry;
  return stats === undefined || stats.isFile() || stats.isDirectory() ? "file" : "device";
}

async function existing(stats: Promise<Stats>): Promise<Stats | undefined> {
  try {
    return await stats;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return undefined;
  }
}
