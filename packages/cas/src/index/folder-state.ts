import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";

/** `state.json` beside an LMDB file. */
export interface FolderState {
  readonly tag: string;
  /** Digest of `data.mdb` as it was when it was closed; null while it is open, and after a crash. */
  readonly closedDigest: string | null;
  /** Bytes of `data.mdb` when it was opened: it never shrinks. */
  readonly bytes: number;
  /** How often in a row it was opened after a crash, and not closed, before all of it was looked at. */
  readonly doubts: number;
  /** When all of it was looked at, milliseconds since 1970. */
  readonly provenMs: number;
}

const VERSION = 2;

/** The state; undefined where it is missing, garbled or of another version. */
export async function readFolderState(folder: string): Promise<FolderState | undefined> {
  try {
    const text = await readFile(join(folder, "state.json"), "utf8");
    const { version, tag, closedDigest, bytes, doubts, provenMs } = JSON.parse(text) as Record<
      string,
      unknown
    >;
    if (version !== VERSION || typeof tag !== "string") return undefined;
    if (typeof closedDigest !== "string" && closedDigest !== null) return undefined;
    if (typeof bytes !== "number" || typeof doubts !== "number" || typeof provenMs !== "number")
      return undefined;
    return { tag, closedDigest, bytes, doubts, provenMs };
  } catch {
    // Missing or garbled: the folder is made anew.
    return undefined;
  }
}

/** Replaces the state, synced. */
export async function writeFolderState(folder: string, state: FolderState): Promise<void> {
  const temporary = join(folder, "state.json.new");
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ version: VERSION, ...state })}\n`);
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
