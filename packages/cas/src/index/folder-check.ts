import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, createDigestStream } from "@gstore/core";
import { INDEX_CHECK_BYTES_MAX, INDEX_DOUBTS_MAX, INDEX_PROOF_INTERVAL_MS } from "../constants.ts";
import type { FolderState } from "./folder-state.ts";
import { probeLmdb } from "./lmdb-probe.ts";

/** What to do with an LMDB file: `unusable` is made anew, `doubtful` is used while all of it is looked at. */
export type FolderVerdict = "unusable" | "good" | "doubtful";

export interface FolderCheckOptions {
  readonly folder: string;
  readonly clock: Clock;
  /** Files of at most this many bytes are checked as a whole before they are used. */
  readonly checkBytesMax?: number | undefined;
}

export const dataPath = (folder: string): string => join(folder, "data.mdb");

/**
 * Whether an LMDB file may be used. What was closed has to have the digest it had then. After a crash a small file is
 * read and written by a process of its own first; a large one would hold the start up for as long as it has records, and
 * LMDB's commits survive a crash: it is doubtful, and becomes one to be tried out when it takes the process down twice.
 */
export async function checkFolder(
  state: FolderState,
  { folder, clock, checkBytesMax = INDEX_CHECK_BYTES_MAX }: FolderCheckOptions,
): Promise<FolderVerdict> {
  const bytes = await sizeOf(dataPath(folder));
  if (bytes === undefined || bytes < state.bytes) return "unusable";
  const isSmall = bytes <= checkBytesMax;
  if (state.closedDigest !== null) {
    if ((await fileDigest(dataPath(folder), checkBytesMax)) !== state.closedDigest) return "unusable";
    const isOld = clock.now() - state.provenMs > INDEX_PROOF_INTERVAL_MS;
    return isOld && !isSmall ? "doubtful" : "good";
  }
  if (!isSmall && state.doubts < INDEX_DOUBTS_MAX) return "doubtful";
  return (await probeLmdb({ folder, bytes, clock })) ? "good" : "unusable";
}

/** A file's bytes; undefined where there is none. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Digest of a file of at most `bytesMax`; of a larger one's size and that many bytes spread over it. */
export async function fileDigest(path: string, bytesMax: number = INDEX_CHECK_BYTES_MAX): Promise<string> {
  const digest = createDigestStream();
  const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(PIECE_BYTES, bytesMax)));
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    digest.update(Buffer.from(`${size}\n`));
    const pieces = Math.ceil(Math.min(size, bytesMax) / buffer.length);
    const step = size <= bytesMax ? buffer.length : (size - buffer.length) / Math.max(1, pieces - 1);
    for (let piece = 0; piece < pieces; piece++) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, Math.floor(piece * step));
      digest.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
  return digest.digest();
}

const PIECE_BYTES: number = 1024 * 1024;
