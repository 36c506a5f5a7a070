import type { FolderUsageRecord } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { reportOf, WalkProgress } from "../walk-progress.ts";

interface DuArguments {
  readonly prefix?: string;
  readonly depth?: number;
}

export const duCommand: Command<DuArguments> = {
  positionals: { prefix: { type: "string", description: "Only keys that begin with it" } },
  options: {
    ...SPACE_OPTION,
    depth: {
      type: "number",
      requiresArg: true,
      description: "Levels of folders that are told of (default: 1; 0 for the sum alone)",
    },
  },
  examples: [
    ["du", "what each folder at the top takes, and all together"],
    ["du photos/ --depth 2", "what is below photos/, two levels deep"],
    ["du --depth 0 --json", "the sum, as JSON"],
  ],
  details: `Sizes are those of the files as they are read; OLDER is what versions take besides that are kept as history.
Wherever the copies are: what this node's own store takes is told by: gstore usage`,
  run: du,
};

const SIZE_WIDTH = 10;
const COUNT_WIDTH = 9;

async function du(
  { client, output, signal }: CommandContext,
  { prefix, depth }: DuArguments,
): Promise<undefined> {
  const request = { ...(prefix !== undefined && { prefix }), ...(depth !== undefined && { depth }) };
  const progress = new WalkProgress(output, "reading keys");
  let report: FolderUsageRecord | undefined;
  let isFirst = true;
  const tell = async (folder: FolderUsageRecord, record: object): Promise<void> => {
    const titles = isFirst ? `${lineOf("SIZE", "FILES", "OLDER", "FOLDER")}\n` : "";
    isFirst = false;
    await output.result(record, () => titles + describe(folder));
  };
  try {
    for await (const event of client.storage.du(request, { signal })) {
      if (event.type === "progress") progress.show(event);
      else if (event.type === "report") report = reportOf(event);
      else {
        const { type: _, ...folder } = event;
        await tell(folder, folder);
      }
    }
  } finally {
    progress.end();
  }
  const all = report as FolderUsageRecord;
  await tell(all, all);
  return undefined;
}

function describe({ prefix, files, bytes, olderBytes }: FolderUsageRecord): string {
  const older = olderBytes === 0 ? "-" : formatBytes(olderBytes);
  return lineOf(formatBytes(bytes), String(files), older, prefix === "" ? "(all)" : printable(prefix));
}

function lineOf(size: string, files: string, older: string, folder: string): string {
  return `${size.padStart(SIZE_WIDTH)}  ${files.padStart(COUNT_WIDTH)}  ${older.padStart(SIZE_WIDTH)}  ${folder}`;
}
