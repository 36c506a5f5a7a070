import type { FileRecord, ListRecord } from "@gstore/gateway/client";
import { isGstoreError } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { folderPrefix } from "../key-prefix.ts";
import { nothingBelow } from "../not-found.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { minute } from "../time-of-day.ts";

interface LsArguments {
  readonly prefix?: string;
  readonly recursive?: boolean;
  readonly long?: boolean;
  readonly null?: boolean;
}

export const lsCommand: Command<LsArguments> = {
  positionals: {
    prefix: { type: "string", description: "A folder, a key, or what keys begin with (default: the top)" },
  },
  options: {
    ...SPACE_OPTION,
    recursive: { alias: "r", type: "boolean", description: "Every file below it, not one level" },
    long: { alias: "l", type: "boolean", description: "With mode, size, time and the node that stored it" },
    null: {
      alias: "0",
      type: "boolean",
      description: "Names exactly as they are, each ended by a NUL, for xargs -0",
    },
  },
  examples: [
    ["ls", "the files and folders at the top"],
    ["ls docs -l", "what is in docs, with sizes"],
    ["ls -r0 | xargs -0 -n 1 gstore stat", "every key, whatever its name holds"],
  ],
  details: "Unusual characters of names are shown as \\n or \\u001b; -0 and --json give them exactly.",
  run: ls,
};

async function ls(context: CommandContext, args: LsArguments): Promise<undefined> {
  const { output } = context;
  const { prefix = "", long = false } = args;
  let isEmpty = true;
  for await (const item of find(context, args)) {
    isEmpty = false;
    if (args.null) await output.write(`${item.key}\0`);
    else await output.result(item, () => (long ? longLine(item) : printable(item.key)));
  }
  if (isEmpty && folderPrefix(prefix) !== "") throw await nothingBelow(context, prefix);
  return undefined;
}

/**
 * What `prefix` means: the key itself and what is in the folder of that name, if there is either; else whatever begins
 * with it, so that half a name finds something too.
 */
async function* find(
  context: CommandContext,
  { prefix = "", recursive = false }: LsArguments,
): AsyncGenerator<ListRecord> {
  const { client, signal } = context;
  const options = recursive ? { signal } : { delimiter: "/", signal };
  const folder = folderPrefix(prefix);
  let isFound = false;
  if (folder !== "" && !prefix.endsWith("/")) {
    const file = await exactKey(context, prefix);
    if (file !== undefined) yield { kind: "file", ...file };
    isFound = file !== undefined;
  }
  for await (const item of client.list(folder, options)) {
    isFound = true;
    yield item;
  }
  if (!isFound && folder !== "" && !prefix.endsWith("/")) yield* client.list(prefix, options);
}

/** A listing and not a stat: a stat would ask the other nodes for a key that isn't here. */
async function exactKey({ client, signal }: CommandContext, key: string): Promise<FileRecord | undefined> {
  try {
    const { items } = await client.page(key, { limit: 1, signal });
    const [item] = items;
    return item?.kind === "file" && item.key === key.normalize("NFC") ? item : undefined;
  } catch (error) {
    if (isGstoreError(error, "INVALID_KEY")) return undefined;
    throw error;
  }
}

function longLine(item: ListRecord): string {
  const size = item.kind === "file" ? formatBytes(item.size) : "";
  const mode = item.kind === "file" ? (item.mode ?? "-") : "-";
  const time = item.kind === "file" ? minute(item.modified ?? item.stored) : "";
  const author = item.kind === "file" ? printable(item.author.name) : "";
  const columns = [mode.padEnd(4), size.padStart(9), time.padEnd(16), author.padEnd(12), printable(item.key)];
  return columns.join("  ");
}
