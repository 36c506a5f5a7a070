import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

/** `state.json` beside an LMDB file. */
export interface FolderState {
  readonly version: 1;
  readonly tag: string;
  /** Digest of `data.mdb` as it was when it was closed; null while it is open, and after a crash. */
  readonly closedDigest: string | null;
}

/** The state; undefined where it is missing or garbled. */
export async function readFolderState(folder: string): Promise<FolderState | undefined> {
  try {
    const state = JSON.parse(await readFile(join(folder, "state.json"), "utf8")) as Partial<FolderState>;
    const { version, tag, closedDigest } = state;
    const isState = version === 1 && typeof tag === "string";
    if (isState && (closedDigest === null || typeof closedDigest === "string"))
      return { version, tag, closedDigest };
  } catch {
    // Missing or garbled: the folder is made anew.
  }
  return undefined;
}

/** Replaces the state, synced. */
export async function writeFolderState(
  folder: string,
  { tag, closedDigest }: Omit<FolderState, "version">,
): Promise<void> {
  const state: FolderState = { version: 1, tag, closedDigest };
  const temporary = join(folder, "state.json.new");
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(state)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(folder, "state.json"));
  const directory = await open(folder, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
