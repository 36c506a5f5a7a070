import type { FileRecord } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { fieldLines } from "../table.ts";
import { VERSION_OPTIONS, type VersionArguments, whichVersion } from "../which-version.ts";

interface StatArguments extends VersionArguments {
  readonly key: string;
}

export const statCommand: Command<StatArguments> = {
  positionals: { key: { type: "string", description: "Key of the file", demandOption: true } },
  options: { ...SPACE_OPTION, ...VERSION_OPTIONS },
  examples: [
    ["stat notes.txt", "size, version, times and more"],
    ["stat notes.txt --json", "the same for programs"],
    ["stat notes.txt --at 2d", "what it was two days ago"],
  ],
  run: stat,
};

async function stat({ client, output, signal }: CommandContext, args: StatArguments): Promise<undefined> {
  const file = await client.stat(args.key, { signal, ...whichVersion(args) });
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
