import { GstoreError } from "@gstore/gateway/client";
import { parseByteSize } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { VERSION_OPTIONS, type VersionArguments, whichVersion } from "../which-version.ts";

interface CatArguments extends VersionArguments {
  readonly key: readonly string[];
  readonly offset?: string;
  readonly bytes?: string;
}

export const catCommand: Command<CatArguments> = {
  positionals: {
    key: { type: "string", array: true, description: "Keys of the files, in this order", demandOption: true },
  },
  options: {
    ...SPACE_OPTION,
    offset: { type: "string", requiresArg: true, description: "Begin so far into each file, such as 1GiB" },
    bytes: {
      type: "string",
      requiresArg: true,
      description: "Give at most so much of each file, such as 64KB",
    },
    ...VERSION_OPTIONS,
  },
  examples: [
    ["cat notes.txt", "show a stored file"],
    ["cat big.log --offset 1GB --bytes 1MB", "show a part of it"],
    ["cat notes.txt --version 1e206acf03d3", "show what it was in that version"],
  ],
  run: cat,
};

async function cat({ client, output, signal }: CommandContext, args: CatArguments): Promise<undefined> {
  const range = rangeOf(args);
  const which = whichVersion(args);
  if (which.version !== undefined && args.key.length > 1)
    throw new GstoreError("INVALID_ARGUMENT", "A version is one file's: with --version name one key.");
  for (const key of args.key) {
    const { body } = await client.get(key, { signal, ...which, ...(range === undefined ? {} : { range }) });
    for await (const part of body) {
      await output.write(part);
    }
  }
  return undefined;
}

function rangeOf({ offset, bytes }: CatArguments): { start: number; end?: number } | undefined {
  if (offset === undefined && bytes === undefined) return undefined;
  const start = offset === undefined ? 0 : parseByteSize(offset);
  if (bytes === undefined) return { start };
  const count = parseByteSize(bytes);
  if (count === 0) throw new GstoreError("INVALID_ARGUMENT", "--bytes takes at least 1.");
  return { start, end: start + count - 1 };
}
