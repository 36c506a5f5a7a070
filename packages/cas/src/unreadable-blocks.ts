import { BLOCK_BYTES } from "./constants.ts";
import { systemCodeOf } from "./disk-errors.ts";
import type { DiskFile } from "./disk-files.ts";

/**
 * A file of which blocks that the disk can't read any more (EIO) read as zeros: the records there then prove damaged, and
 * those around them are read as ever. For who looks for damage; others are told of the error.
 */
export function withUnreadableBlocks(file: DiskFile): DiskFile {
  return {
    read: async (buffer, position) => {
      try {
        return await file.read(buffer, position);
      } catch (error) {
        if (systemCodeOf(error) !== "EIO") throw error;
        return await readByBlocks(file, buffer, position);
      }
    },
    write: (bytes, position) => file.write(bytes, position),
    datasync: () => file.datasync(),
    truncate: (length) => file.truncate(length),
    size: () => file.size(),
    close: () => file.close(),
  };
}

async function readByBlocks(file: DiskFile, buffer: Uint8Array, position: number): Promise<number> {
  const length = Math.min(buffer.length, Math.max(0, (await file.size()) - position));
  for (let done = 0; done < length; ) {
    const blockEnd = BLOCK_BYTES - ((position + done) % BLOCK_BYTES);
    const piece = buffer.subarray(done, Math.min(length, done + blockEnd));
    await file.read(piece, position + done).catch((error: unknown) => {
      if (systemCodeOf(error) !== "EIO") throw error;
      piece.fill(0);
    });
    done += piece.length;
  }
  return length;
}
