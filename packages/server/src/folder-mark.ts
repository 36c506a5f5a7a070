import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Bytes of a mark: two numbers of at most twenty digits and their names. */
const MARK_BYTES_MAX = 256;

interface Mark {
  readonly inode: string;
  readonly bornNs: string;
}

/**
 * Whether a node's folder is the very one that its node last ran on, and not a copy of it: a backup that was put back, or
 * a folder that was taken to another disk. The mark is a file that names its own inode and the time of its birth, which no
 * copy has. True where nothing was marked yet. What can't be told: a whole disk that was set back (a snapshot of a volume
 * or a machine), where the same inode comes back.
 */
export async function isMarkedFolder(path: string): Promise<boolean> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
  const said = decodeMark(bytes);
  const file = await open(path, "r");
  try {
    const found = await markOf(file);
    return said?.inode === found.inode && said.bornNs === found.bornNs;
  } finally {
    await file.close();
  }
}

/**
 * Marks a folder, anew each time its node starts: a copy that is put back over the folder then differs from what is there,
 * and a tool that copies only what differs replaces it.
 */
export async function markFolder(path: string): Promise<void> {
  const temporary = `${path}.new`;
  // Not the file of a mark that was given up: its inode is older than what a backup may have.
  await rm(temporary, { force: true });
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(JSON.stringify(await markOf(file)));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  const folder = await open(dirname(path), "r");
  await folder.sync().finally(() => folder.close());
}

async function markOf(file: Awaited<ReturnType<typeof open>>): Promise<Mark> {
  const { ino, birthtimeNs } = await file.stat({ bigint: true });
  return { inode: String(ino), bornNs: String(birthtimeNs) };
}

/** Undefined for what is no mark: then the folder is taken for a copy, which costs a new incarnation and no more. */
function decodeMark(bytes: Buffer): Mark | undefined {
  if (bytes.length > MARK_BYTES_MAX) return undefined;
  try {
    const { inode, bornNs } = JSON.parse(bytes.toString()) as Partial<Record<keyof Mark, unknown>>;
    return typeof inode === "string" && typeof bornNs === "string" ? { inode, bornNs } : undefined;
  } catch {
    return undefined;
  }
}
