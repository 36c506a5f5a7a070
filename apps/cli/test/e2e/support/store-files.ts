import { lstat, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What is known of a file; undefined where it is gone: a node that runs puts new files in the place of old ones. */
async function unlessGone<T>(known: Promise<T>): Promise<T | undefined> {
  return await known.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  });
}

/** Every file, folder and socket below a folder, with itself. */
export async function walk(
  folder: string,
): Promise<{ readonly path: string; readonly mode: number; readonly isFile: boolean }[]> {
  const below = await readdir(folder, { recursive: true });
  const found = await Promise.all(
    ["", ...below].map(async (name) => {
      const path = join(folder, name);
      const stats = await unlessGone(lstat(path));
      return stats && { path, mode: stats.mode & 0o777, isFile: stats.isFile() };
    }),
  );
  return found.flatMap((one) => one ?? []);
}

/** The files below a folder that hold these bytes. */
export async function filesWith(folder: string, bytes: Buffer): Promise<string[]> {
  const found: string[] = [];
  for (const { path, isFile } of await walk(folder)) {
    if (isFile && (await unlessGone(readFile(path)))?.includes(bytes)) found.push(path);
  }
  return found;
}

const ZEROS = Buffer.alloc(64 * 1024);

/** Every file below a folder, with what is in it, but for whole blocks of zeros at its end: room made beforehand. */
export async function contentsOf(
  folder: string,
): Promise<{ readonly path: string; readonly bytes: Buffer }[]> {
  const files = (await walk(folder)).filter(({ isFile }) => isFile);
  const contents = await Promise.all(
    files.map(async ({ path }) => {
      const bytes = await unlessGone(readFile(path));
      let end = bytes?.length ?? 0;
      while (bytes && end >= ZEROS.length && bytes.subarray(end - ZEROS.length, end).equals(ZEROS))
        end -= ZEROS.length;
      return bytes && { path, bytes: bytes.subarray(0, end) };
    }),
  );
  return contents.flatMap((one) => one ?? []);
}

/** The node's pack files, oldest first. */
export async function packsOf(dir: string): Promise<string[]> {
  const folder = join(dir, "store", "packs");
  return (await readdir(folder)).sort().map((name) => join(folder, name));
}

/** Flips one bit at each of these offsets. */
export async function flipBits(path: string, offsets: readonly number[]): Promise<void> {
  const file = await open(path, "r+");
  try {
    const byte = Buffer.alloc(1);
    for (const offset of offsets) {
      await file.read(byte, 0, 1, offset);
      byte[0] = (byte[0] ?? 0) ^ 0x10;
      await file.write(byte, 0, 1, offset);
    }
  } finally {
    await file.close();
  }
}
