import { lstat, open, stat } from "node:fs/promises";
import type { Download, FileRecord } from "@gstore/gateway/client";
import { alreadyExists, TemporaryFile } from "./temporary-file.ts";

export interface WriteOptions {
  readonly mayReplace: boolean;
  readonly onBytes: (bytes: number) => void;
}

/** Rejects with `ALREADY_EXISTS` where something is there that may not be replaced. Asked before anything is fetched. */
export async function assertMayWrite(
  path: string,
  { mayReplace }: { readonly mayReplace: boolean },
): Promise<void> {
  if (!mayReplace && (await kindOf(path)) !== "nothing") throw alreadyExists(path);
}

/**
 * Writes a download to a file: whole under its name, or not at all, with the modification time and permission bits it
 * was stored with. A device or pipe is written to as it is: replacing /dev/null would be no good.
 */
export async function writeDownload(path: string, download: Download, options: WriteOptions): Promise<void> {
  if ((await kindOf(path)) === "device") return writeToDevice(path, download, options);
  const file = await TemporaryFile.create(path);
  try {
    for await (const part of download.body) {
      await file.handle.writeFile(part);
      options.onBytes(part.length);
    }
    await applyAttributes(file, download.file);
    await file.finish(options);
  } finally {
    await file.discard();
  }
}

async function writeToDevice(path: string, { body }: Download, { onBytes }: WriteOptions): Promise<void> {
  const handle = await open(path, "w");
  try {
    for await (const part of body) {
      await handle.writeFile(part);
      onBytes(part.length);
    }
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
  try {
    const stats = await stat(path);
    return stats.isFile() || stats.isDirectory() ? "file" : "device";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    // A symbolic link to nothing is something.
    return lstat(path).then(
      () => "file" as const,
      () => "nothing" as const,
    );
  }
}
