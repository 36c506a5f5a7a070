import { type BigIntStats, constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { GstoreError } from "@gstore/gateway/client";
import { describeSystemError } from "./system-error.ts";

/** Bytes read at a time: large enough that system calls don't count, small enough that eight files fit in memory. */
const READ_BYTES = 512 * 1024;

/** A file opened for one reading. */
export interface SourceFile {
  /** Null for what is no plain file with bytes in it: its end is only known when it comes. */
  readonly size: number | null;
  readonly modifiedMs: number | undefined;
  /** Permission bits. */
  readonly mode: number | undefined;
  /**
   * The bytes. Fails with `SOURCE_CHANGED`, before it gives the last of them, where the file was changed since it was
   * opened: what comes out is then no state that the file ever had, and nobody must take it for one.
   */
  readonly bytes: () => AsyncGenerator<Uint8Array>;
  readonly close: () => Promise<void>;
}

/** Opens a file, pipe or device. Rejects with `SOURCE_FAILED` where that can't be done, or where it is a folder. */
export async function openSourceFile(path: string): Promise<SourceFile> {
  await refuseIdlePipe(path);
  const handle = await open(path, constants.O_RDONLY).catch((error: unknown) => {
    throw describeSystemError(error, "SOURCE_FAILED") ?? error;
  });
  try {
    return await describeSource(handle, path);
  } catch (error) {
    await handle.close();
    throw describeSystemError(error, "SOURCE_FAILED") ?? error;
  }
}

/**
 * A named pipe that nobody writes to would block a thread in `open` until somebody does, and this process could not even
 * end. Whether somebody does can't be asked without losing what is in it, so only pipes that are open already (as with
 * `<(command)`) are read.
 */
async function refuseIdlePipe(path: string): Promise<void> {
  const stats = await stat(path).catch(() => null);
  if (stats === null || !stats.isFIFO() || OPEN_PIPE.test(path)) return;
  throw new GstoreError(
    "SOURCE_FAILED",
    `${path} is a named pipe. Store what comes out of it with: gstore put - KEY < ${path}`,
    { path },
  );
}

/** As shells name the pipe of `<(command)`, whose other end is open. */
const OPEN_PIPE = /^\/(dev|proc\/self)\/fd\/[0-9]+$/;

async function describeSource(handle: FileHandle, path: string): Promise<SourceFile> {
  const stats = await handle.stat({ bigint: true });
  if (stats.isDirectory()) throw new GstoreError("SOURCE_FAILED", `${path} is a folder.`, { path });
  // Files of the system (/proc, /sys) say that they are empty: their end, too, is only known when it comes.
  const isFile = stats.isFile() && stats.size > 0n;
  return {
    size: isFile ? Number(stats.size) : null,
    modifiedMs: stats.isFile() ? Number(stats.mtimeMs) : undefined,
    mode: stats.isFile() ? Number(stats.mode) & 0o777 : undefined,
    bytes: () => (isFile ? readUnchanged(handle, { path, stats }) : readToEnd(handle, path)),
    close: () => handle.close(),
  };
}

async function* readUnchanged(
  handle: FileHandle,
  { path, stats }: { path: string; stats: BigIntStats },
): AsyncGenerator<Uint8Array> {
  const size = Number(stats.size);
  for (let position = 0; position < size; ) {
    const part = await read(handle, { path, length: Math.min(READ_BYTES, size - position) });
    position += part.length;
    if (part.length === 0) throw changedWhileRead(path);
    if (position >= size) await assertUnchanged(handle, { path, stats });
    yield part;
  }
}

async function* readToEnd(handle: FileHandle, path: string): AsyncGenerator<Uint8Array> {
  for (;;) {
    const part = await read(handle, { path, length: READ_BYTES });
    if (part.length === 0) return;
    yield part;
  }
}

async function read(
  handle: FileHandle,
  { path, length }: { path: string; length: number },
): Promise<Uint8Array> {
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafeSlow(length), 0, length, null);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    const failed = describeSystemError(error, "SOURCE_FAILED");
    throw failed === undefined
      ? error
      : new GstoreError("SOURCE_FAILED", `${path}: ${failed.message}`, { path, cause: error });
  }
}

async function assertUnchanged(
  handle: FileHandle,
  { path, stats }: { path: string; stats: BigIntStats },
): Promise<void> {
  const now = await handle.stat({ bigint: true });
  if (now.size !== stats.size || now.mtimeNs !== stats.mtimeNs) throw changedWhileRead(path);
}

export function changedWhileRead(path: string): GstoreError {
  return new GstoreError(
    "SOURCE_CHANGED",
    `${path} changed while it was read, and was not stored. Put it again.`,
    {
      path,
      retryable: true,
    },
  );
}
