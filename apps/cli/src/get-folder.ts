import { type FileRecord, type GstoreError, isGstoreError } from "@gstore/gateway/client";
import { formatBytes } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { DiskPace } from "./disk-pace.ts";
import { EXIT, type ExitCode, exitCodeOf, worstExitCode } from "./exit-codes.ts";
import { nothingBelow } from "./not-found.ts";
import { printable } from "./printable.ts";
import { startProgress } from "./progress.ts";
import { report } from "./run.ts";
import { SafeFolder } from "./safe-path.ts";
import { sideBySide } from "./side-by-side.ts";
import { describeSystemError } from "./system-error.ts";
import { SMALL_BYTES_MAX, targetAt, writeDownload } from "./write-download.ts";

/** Small files fetched at the same time, as many as a node reads at once; a larger one counts as several. */
const FILES_AT_ONCE = 32;
const LARGE_FILE_WEIGHT = 4;

interface Tally {
  files: number;
  bytes: number;
  readonly problems: ExitCode[];
}

/** Writes every file below a prefix into a folder. A file that can't be written is reported, the others are written. */
export async function getFolder(
  context: CommandContext,
  options: { readonly prefix: string; readonly path: string; readonly mayReplace: boolean },
): Promise<ExitCode> {
  const { output, signal } = context;
  const { prefix, path } = options;
  const tally: Tally = { files: 0, bytes: 0, problems: [] };
  const folder = new SafeFolder(path);
  const pace = new DiskPace();
  const progress = startProgress(output, { label: prefix, total: null });
  const getOne = async (file: FileRecord): Promise<void> => {
    progress.label(file.key);
    try {
      await getFile(context, { ...options, folder, file, pace, onBytes: (bytes) => progress.add(bytes) });
      tally.files++;
      tally.bytes += file.size;
    } catch (thrown) {
      const error = describeSystemError(thrown, "REQUEST_REFUSED") ?? thrown;
      if (!isGstoreError(error) || isOfAll(error) || signal.aborted) throw error;
      report(output, error);
      tally.problems.push(exitCodeOf(error));
    }
  };
  try {
    const weightOf = ({ size }: FileRecord): number => (size <= SMALL_BYTES_MAX ? 1 : LARGE_FILE_WEIGHT);
    await sideBySide(files(context, prefix), { limit: FILES_AT_ONCE, weightOf }, getOne);
  } finally {
    progress.end();
  }
  if (tally.files === 0 && tally.problems.length === 0) throw await nothingBelow(context, prefix);
  if (!output.json) {
    const problems = tally.problems.length === 0 ? "" : `, ${tally.problems.length} not written (see above)`;
    const amount = `${tally.files} ${tally.files === 1 ? "file" : "files"} (${formatBytes(tally.bytes)})`;
    await output.write(`wrote ${amount} to ${printable(path)}${problems}\n`);
  }
  return worstExitCode(tally.problems.map((code) => (code === EXIT.usage ? EXIT.failed : code)));
}

async function* files({ client, signal }: CommandContext, prefix: string): AsyncGenerator<FileRecord> {
  for await (const item of client.list(prefix, { signal })) if (item.kind === "file") yield item;
}

async function getFile(
  { client, output, signal }: CommandContext,
  options: {
    readonly prefix: string;
    readonly folder: SafeFolder;
    readonly file: FileRecord;
    readonly mayReplace: boolean;
    readonly pace: DiskPace;
    readonly onBytes: (bytes: number) => void;
  },
): Promise<void> {
  const { prefix, folder, file, mayReplace, pace, onBytes } = options;
  const path = await folder.pathOf(file.key.slice(prefix.length));
  const target = await targetAt(path, { mayReplace, pace });
  const download = await client.get(file.key, { signal });
  try {
    await writeDownload(target, download, { mayReplace, onBytes, pace });
  } finally {
    await download.body.return(undefined);
  }
  if (output.json) await output.result({ ...download.file, path }, () => "");
}

/** Without the node, or without room on the disk, no other file can be had either. */
function isOfAll(error: GstoreError): boolean {
  const { systemCode } = error.fields;
  return (
    isGstoreError(error, "NOT_RUNNING", "CONNECTION_LOST", "ABORTED") ||
    systemCode === "ENOSPC" ||
    systemCode === "EDQUOT"
  );
}
