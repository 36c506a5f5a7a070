import type { RestoreAnswer } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { printable } from "../printable.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { describeStored } from "../stored-line.ts";
import { versionText } from "../which-version.ts";

interface ResolveArguments {
  readonly key: string;
  readonly keep: string;
}

export const resolveCommand: Command<ResolveArguments> = {
  positionals: { key: { type: "string", description: "Key of the file", demandOption: true } },
  options: {
    ...SPACE_OPTION,
    keep: {
      type: "string",
      requiresArg: true,
      demandOption: true,
      description: "The version to keep, as gstore conflicts shows it; a removal removes the file",
    },
  },
  examples: [["resolve notes.txt --keep 1e206acf03d3", "that version is the current one, on every node"]],
  details:
    "The other versions stay in the file's history: gstore versions shows them, gstore restore brings one back.",
  run: resolve,
};

async function resolve(
  { client, output, signal }: CommandContext,
  { key, keep }: ResolveArguments,
): Promise<undefined> {
  const settled = await client.history.resolve(key, versionText(keep), { signal });
  await output.result(settled, () => describe(settled));
  return undefined;
}

function describe(settled: RestoreAnswer): string {
  if (settled.op === "put") return describeStored(settled, "resolved");
  return `resolved ${printable(settled.key)}: it is removed`;
}
