import { type Digest, type EntryId, parseDigest } from "@gstore/core";
import type { SyncedFile } from "../synced-file.ts";
import { DAMAGE_REMEMBERED_MAX } from "./limits.ts";

/** What a scrub remembers over restarts. */
export interface ScrubState {
  /** When the round began, milliseconds since 1970; null before the first. */
  roundStartedMs: number | null;
  /** Where to go on; null where no round is under way. */
  from: string | null;
  /** Of the round that is under way. */
  bytesDone: number;
  bytesLeft: number;
  lastEndedMs: number | null;
  damagedFound: number;
  repaired: number;
  /** Damaged and not repaired yet. */
  blobs: readonly Digest[];
  entries: readonly EntryId[];
}

const FILE_VERSION = 1;

export const NO_SCRUB: ScrubState = {
  roundStartedMs: null,
  from: null,
  bytesDone: 0,
  bytesLeft: 0,
  lastEndedMs: null,
  damagedFound: 0,
  repaired: 0,
  blobs: [],
  entries: [],
};

/** What the file says; nothing where it is missing or damaged: then a round begins, which finds all again. */
export async function readScrubState(file: SyncedFile): Promise<ScrubState> {
  try {
    const bytes = await file.read();
    return bytes === null ? { ...NO_SCRUB } : stateOf(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    return { ...NO_SCRUB };
  }
}

export async function writeScrubState(file: SyncedFile, state: ScrubState): Promise<void> {
  const blobs = state.blobs.slice(0, DAMAGE_REMEMBERED_MAX);
  const entries = state.entries.slice(0, DAMAGE_REMEMBERED_MAX);
  const text = `${JSON.stringify({ version: FILE_VERSION, ...state, blobs, entries }, null, 2)}\n`;
  await file.replace(Buffer.from(text));
}

function stateOf(value: Record<string, unknown>): ScrubState {
  if (value.version !== FILE_VERSION) return { ...NO_SCRUB };
  const digests = (list: unknown): Digest[] =>
    (list as unknown[]).slice(0, DAMAGE_REMEMBERED_MAX).map((text) => parseDigest(String(text)));
  return {
    roundStartedMs: numberOrNull(value.roundStartedMs),
    from: value.from === null ? null : String(value.from),
    bytesDone: numberOf(value.bytesDone),
    bytesLeft: numberOf(value.bytesLeft),
    lastEndedMs: numberOrNull(value.lastEndedMs),
    damagedFound: numberOf(value.damagedFound),
    repaired: numberOf(value.repaired),
    blobs: digests(value.blobs),
    entries: digests(value.entries),
  };
}

function numberOf(value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new TypeError("no scrub state");
}

function numberOrNull(value: unknown): number | null {
  return value === null ? null : numberOf(value);
}
