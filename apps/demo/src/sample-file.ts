import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";

const BLOCK_BYTES = 1024 * 1024;

/** Writes the first `bytes` of a large file that every machine with Node has, Node's own program: real data, not made up. */
export async function makeSampleFile(path: string, bytes: number): Promise<void> {
  await pipeline(createReadStream(process.execPath, { end: bytes - 1 }), createWriteStream(path));
}

/** Writes a copy with some text put in at `position`: everything behind it moves. */
export async function makeEditedFile(
  path: string,
  { from, position, text }: { readonly from: string; readonly position: number; readonly text: string },
): Promise<void> {
  await pipeline(async function* () {
    yield* createReadStream(from, { end: position - 1 });
    yield Buffer.from(text);
    yield* createReadStream(from, { start: position });
  }, createWriteStream(path));
}

/** SHA-256 in hexadecimal, as `sha256sum` prints it. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path, { highWaterMark: BLOCK_BYTES }))
    hash.update(part as Buffer);
  return hash.digest("hex");
}

/** The number of bytes of two equal files; throws where they differ, and says at which byte. */
export async function compareFiles(first: string, second: string): Promise<number> {
  const [one, two] = await Promise.all([open(first), open(second)]);
  try {
    const blocks = [Buffer.alloc(BLOCK_BYTES), Buffer.alloc(BLOCK_BYTES)] as const;
    for (let position = 0; ; ) {
      const counts = await Promise.all([fill(one, blocks[0], position), fill(two, blocks[1], position)]);
      const [a, b] = [blocks[0].subarray(0, counts[0]), blocks[1].subarray(0, counts[1])];
      if (!a.equals(b)) {
        const at = a.findIndex((byte, index) => byte !== b[index]);
        throw new Error(`${first} and ${second} differ at byte ${position + (at === -1 ? a.length : at)}`);
      }
      position += a.length;
      if (a.length < BLOCK_BYTES) return position;
    }
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
}

async function fill(
  file: Awaited<ReturnType<typeof open>>,
  block: Buffer,
  position: number,
): Promise<number> {
  let filled = 0;
  while (filled < block.length) {
    const { bytesRead } = await file.read(block, filled, block.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
