import type { FileRecord } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { fieldLines } from "../table.ts";

interface StatArguments {
  readonly key: string;
}

export const statCommand: Command<StatArguments> = {
  positionals: { key: { type: "string", description: "Key of the file", demandOption: true } },
  options: SPACE_OPTION,
  examples: [
    ["stat notes.txt", "size, version, times and more"],
    ["stat notes.txt --json", "the same for programs"],
  ],
  run: stat,
};

async function stat({ client, output, signal }: CommandContext, { key }: StatArguments): Promise<undefined> {
  const file = await client.stat(key, { signal });
  await output.result(file, () => describe(file));
  return undefined;
}

function describe(file: FileRecord): string {
  const { key, size, version, digest, contentType, stored, modified, mode, author, metadata } = file;
  return fieldLines([
    ["key", printable(key)],
    ["size", `${size} (${formatBytes(size)})`],
    ["version", version],
    ["digest", digest],
    ["stored", `${stored} by ${printable(author.name)} (${author.id})`],
    ...(modified === null ? [] : [["modified", modified] as const]),
    ...(mode === null ? [] : [["mode", mode] as const]),
    ...(contentType === null ? [] : [["type", printable(contentType)] as const]),
    ...Object.entries(metadata).map(
      ([name, value]) => [`meta ${printable(name)}`, printable(value)] as const,
    ),
  ]);
}
