import type { ConflictRecord } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { versionColumns } from "../version-columns.ts";

interface ConflictsArguments {
  readonly prefix?: string;
}

export const conflictsCommand: Command<ConflictsArguments> = {
  positionals: {
    prefix: { type: "string", description: "What the keys begin with (default: all keys)" },
  },
  options: SPACE_OPTION,
  examples: [
    ["conflicts", "files that several nodes changed without knowing of one another"],
    ["conflicts docs/", "those below docs/"],
    ["cat notes.txt --version 1e206acf03d3", "what one of the versions holds"],
    ["resolve notes.txt --keep 1e206acf03d3", "settle it"],
  ],
  details: `The version marked current is the one that every node shows; the others are kept until somebody settles it, or stores
the file anew. A removal contends where another node changed the file that was removed: the file stays.`,
  run: conflicts,
};

async function conflicts(context: CommandContext, { prefix = "" }: ConflictsArguments): Promise<undefined> {
  const { client, output, signal } = context;
  let count = 0;
  for await (const conflict of client.history.conflicts(prefix, { signal })) {
    await output.result(conflict, () => describe(conflict));
    count++;
  }
  output.note(
    count === 0
      ? "No file is in conflict."
      : "gstore cat KEY --version V shows a version, gstore resolve KEY --keep V settles a conflict.",
  );
  return undefined;
}

function describe({ key, versions }: ConflictRecord): string {
  return [printable(key), ...versions.map((version) => `  ${versionColumns(version)}`)].join("\n");
}
