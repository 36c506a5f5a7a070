import { type FileHandle, open } from "node:fs/promises";

/** Bytes read at a time: large enough that a read costs little beside its bytes, and two of them stay in the cache. */
const READ_BYTES = 1024 * 1024;

/**
 * A file as a source for `store`, read ahead into two buffers that are used again: a stream of `node:fs` makes new memory
 * for each of its slices, which costs more than reading it. A slice is valid until the next one is asked for. What the
 * file system says (`ENOENT`, `EACCES`, …) comes out of `store` as `SOURCE_FAILED`.
 */
export async function* fileSource(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    // One byte more shows the end with the first read. What has no size, like a pipe, is read all the same.
    const bytes = size === 0 ? READ_BYTES : Math.min(size + 1, READ_BYTES);
    let reading = read(file, Buffer.allocUnsafe(bytes));
    // The other buffer is made only where the file has more than the first one holds.
    let free: Buffer | undefined;
    for (;;) {
      const { buffer, count } = await reading;
      if (count === 0) return;
      reading = read(file, free ?? Buffer.allocUnsafe(bytes));
      // Where the consumer goes away nobody waits for it.
      reading.catch(() => {});
      yield buffer.subarray(0, count);
      free = buffer;
    }
  } finally {
    await file.close();
  }
}

async function read(file: FileHandle, buffer: Buffer): Promise<{ buffer: Buffer; count: number }> {
  const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
  return { buffer, count: bytesRead };
}
