import { lstatSync, type Stats } from "node:fs";
import { lstat, open, stat } from "node:fs/promises";
import type { Download, FileRecord } from "@gstore/gateway/client";
import type { DiskPace } from "./disk-pace.ts";
import { alreadyExists, TemporaryFile } from "./temporary-file.ts";
import { type FileAttributes, writeWholeFile } from "./whole-file.ts";
import { writeParts } from "./write-parts.ts";

/** Where a download goes: a device or pipe is written to as it is, for replacing /dev/null would be no good. */
export interface Target {
  readonly path: string;
  readonly isDevice: boolean;
}

export interface WriteOptions {
  readonly mayReplace: boolean;
  readonly onBytes: (bytes: number) => void;
  /** Of the disk, where there are many files. */
  readonly pace?: DiskPace;
}

/** Files up to this size are held in memory before they are written in one go. */
export const SMALL_BYTES_MAX: number = 64 * 1024;

/** Rejects with `ALREADY_EXISTS` where something is there that may not be replaced. Asked before anything is fetched. */
export async function targetAt(
  path: string,
  { mayReplace, pace }: Omit<WriteOptions, "onBytes">,
): Promise<Target> {
  const kind = await kindOf(path, pace);
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
  const { mayReplace, onBytes, pace } = options;
  if (isDevice) return writeToDevice(path, download, options);
  if (pace?.isQuick && download.length <= SMALL_BYTES_MAX) {
    const bytes = await readWhole(download);
    const attributes = attributesOf(download.file);
    pace.timed(() => writeWholeFile(path, bytes, { attributes, mayReplace }));
    onBytes(bytes.length);
    return;
  }
  const file = await TemporaryFile.create(path);
  try {
    await writeParts(file.handle, download.body, onBytes);
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

async function readWhole({ body }: Download): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

async function applyAttributes({ handle }: TemporaryFile, file: FileRecord): Promise<void> {
  const { mode, modified } = attributesOf(file);
  await handle.chmod(mode);
  if (modified !== null) await handle.utimes(modified, modified);
}

function attributesOf({ mode, modified }: FileRecord): FileAttributes {
  return {
    mode: mode === null ? 0o666 & ~process.umask() : Number.parseInt(mode, 8) & 0o777,
    modified: modified === null ? null : new Date(modified),
  };
}

async function kindOf(path: string, pace: DiskPace | undefined): Promise<"nothing" | "file" | "device"> {
  const entry = pace?.isQuick ? lstatSync(path, { throwIfNoEntry: false }) : await existing(lstat(path));
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
