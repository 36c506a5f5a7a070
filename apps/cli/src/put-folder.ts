import {
  GstoreError,
  isGstoreError,
  type NodeRef,
  type PutOptions,
  parseKeyName,
  type StoreAnswer,
} from "@gstore/gateway/client";
import { formatBytes } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { DiskPace } from "./disk-pace.ts";
import { EXIT, type ExitCode, exitCodeOf, worstExitCode } from "./exit-codes.ts";
import { folderPrefix } from "./key-prefix.ts";
import { printable } from "./printable.ts";
import { startProgress } from "./progress.ts";
import { report } from "./run.ts";
import { sideBySide } from "./side-by-side.ts";
import { describeHolders } from "./stored-line.ts";
import { SMALL_BYTES_MAX, uploadFile } from "./upload.ts";
import { type WalkItem, walkFolder } from "./walk-folder.ts";

/**
 * Small files stored at the same time: they spend their time waiting for the disk's sync, which they then share. A larger
 * one counts as several, so that there are 16 of these, as many as a node takes on at once.
 */
const FILES_AT_ONCE = 64;
const LARGE_FILE_WEIGHT = 4;

/** What ended one file and not the whole put. */
const OF_ONE_FILE = [
  "SOURCE_CHANGED",
  "SOURCE_FAILED",
  "INVALID_KEY",
  "INVALID_ARGUMENT",
  "COPIES_NOT_REACHED",
] as const;

type FileItem = Extract<WalkItem, { kind: "file" }>;

interface Tally {
  files: number;
  bytes: number;
  problems: ExitCode[];
  skipped: number;
  /** Nodes that hold every file; null before the first. */
  holders: readonly NodeRef[] | null;
  wanted: number;
}

/** Stores every file of a folder below a key. Files that can't be stored are reported, the others are stored. */
export async function putFolder(
  context: CommandContext,
  folder: { readonly path: string; readonly key: string },
  options: PutOptions,
): Promise<ExitCode> {
  const prefix = prefixOf(folder.key);
  const tally: Tally = { files: 0, bytes: 0, problems: [], skipped: 0, holders: null, wanted: 0 };
  const files = await findFiles(context, folder.path, tally);
  const pace = new DiskPace();
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const progress = startProgress(context.output, { label: folder.key, total });
  const onBytes = (bytes: number): void => progress.add(bytes);
  try {
    const weightOf = ({ size }: FileItem): number => (size <= SMALL_BYTES_MAX ? 1 : LARGE_FILE_WEIGHT);
    await sideBySide(files, { limit: FILES_AT_ONCE, weightOf }, async ({ path, name, size }) => {
      progress.label(name);
      try {
        const file = { path, key: prefix + name, ...(size <= SMALL_BYTES_MAX ? { pace } : {}) };
        const stored = await uploadFile(context.client, file, { ...options, onBytes });
        count(tally, stored);
        if (context.output.json) await context.output.result(stored, () => "");
      } catch (error) {
        if (!isGstoreError(error, ...OF_ONE_FILE)) throw error;
        report(context.output, error);
        tally.problems.push(exitCodeOf(error));
      }
    });
  } finally {
    progress.end();
  }
  await tellSummary(context, { prefix, path: folder.path, tally });
  return worstExitCode(tally.problems.map((code) => (code === EXIT.usage ? EXIT.failed : code)));
}

/** The key of a folder may end in a slash, and `/` alone is the top. */
function prefixOf(key: string): string {
  return key === "/" ? "" : folderPrefix(parseKeyName(key.replace(/\/$/, "")));
}

async function findFiles(
  { output, signal }: CommandContext,
  path: string,
  tally: Tally,
): Promise<FileItem[]> {
  const files: FileItem[] = [];
  const names = new Set<string>();
  const problem = (error: GstoreError): void => {
    report(output, error);
    tally.problems.push(EXIT.failed);
  };
  for await (const item of walkFolder(path)) {
    signal.throwIfAborted();
    if (item.kind === "skipped") {
      tally.skipped++;
      const message = `skipped ${item.path}: ${item.reason}`;
      if (output.json) output.problem({ code: "SKIPPED", message, path: item.path } as { message: string });
      else output.note(message);
    } else if (item.kind === "failed") {
      problem(item.error);
    } else if (names.has(item.name.normalize("NFC"))) {
      const message = `${item.path}: another file has the same name, written with other code points.`;
      problem(new GstoreError("SOURCE_FAILED", message, { path: item.path }));
    } else {
      names.add(item.name.normalize("NFC"));
      files.push(item);
    }
  }
  return files;
}

function count(tally: Tally, { size, holders, wanted }: StoreAnswer): void {
  tally.files++;
  tally.bytes += size;
  tally.wanted = Math.max(tally.wanted, wanted);
  const ids = new Set(holders.map(({ id }) => id));
  tally.holders = tally.holders === null ? holders : tally.holders.filter(({ id }) => ids.has(id));
}

async function tellSummary(
  { output }: CommandContext,
  { prefix, path, tally }: { prefix: string; path: string; tally: Tally },
): Promise<void> {
  if (output.json) return;
  const { files, bytes, problems, holders, wanted, skipped } = tally;
  const notStored = problems.length === 0 ? "" : `, ${problems.length} with problems (see above)`;
  const left = skipped === 0 ? "" : `, ${skipped} skipped`;
  const where = prefix === "" ? "at the top" : `below ${printable(prefix)}`;
  const amount = `${files} ${files === 1 ? "file" : "files"} (${formatBytes(bytes)})`;
  if (holders === null) {
    await output.write(`stored nothing of ${printable(path)}: no files${left}${notStored}\n`);
    return;
  }
  const held = describeHolders({ copies: holders.length, wanted, holders });
  await output.write(`stored ${amount} ${where} on ${held}${left}${notStored}\n`);
}
