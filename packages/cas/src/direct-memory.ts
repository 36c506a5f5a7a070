import { constants, type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { BLOCK_BYTES } from "./constants.ts";

/** What memory of the C library's `malloc` is aligned to at least. */
const STEP_BYTES = 16;
/** Large allocations lie this far behind the start of a page: here the next page begins. */
const NEXT_PAGE_BYTES: number = BLOCK_BYTES - STEP_BYTES;

/**
 * Memory of `bytes` bytes from which a file in `folder` can be written past the page cache (O_DIRECT), or undefined where
 * it can't: the system has no O_DIRECT, or the folder's file system refuses it. What such a write demands of the memory's
 * address is not to be asked for, and an address is not to be seen from JavaScript: both are found by writing a scratch file.
 *
 * Plain memory rather than a kind that begins at a page (`WebAssembly.Memory`, resizable buffers): only this kind can be
 * given huge pages on systems that keep them for who asks (ADR 0005).
 */
export async function findDirectMemory(folder: string, bytes: number): Promise<Buffer | undefined> {
  if (constants.O_DIRECT === undefined) return undefined;
  const path = join(folder, "direct.scratch");
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_DIRECT;
  try {
    const file = await open(path, flags, 0o600);
    try {
      return await alignedMemory(file, bytes);
    } finally {
      await file.close();
    }
  } catch {
    // Not on this file system, or it is full or read-only: writing through the page cache is dearer, not less safe.
    return undefined;
  } finally {
    // Some file systems refuse O_DIRECT after they made the file.
    await unlink(path).catch(() => undefined);
  }
}

async function alignedMemory(file: FileHandle, bytes: number): Promise<Buffer | undefined> {
  const memory = Buffer.allocUnsafeSlow(bytes + BLOCK_BYTES);
  // What this process had there before must not come onto the disk.
  memory.fill(0, 0, 2 * BLOCK_BYTES);
  const starts = Array.from({ length: BLOCK_BYTES / STEP_BYTES }, (_, index) => index * STEP_BYTES);
  for (const start of [NEXT_PAGE_BYTES, ...starts]) {
    const aligned = memory.subarray(start, start + bytes);
    try {
      await file.write(aligned, 0, BLOCK_BYTES, 0);
      return aligned;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
    }
  }
  return undefined;
}
