import type { Command, CommandContext } from "../command.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { describeStored } from "../stored-line.ts";
import { versionText } from "../which-version.ts";

interface RestoreArguments {
  readonly key: string;
  readonly version: string;
}

export const restoreCommand: Command<RestoreArguments> = {
  positionals: {
    key: { type: "string", description: "Key of the file", demandOption: true },
    version: {
      type: "string",
      description: "The version to bring back, as gstore versions shows it",
      demandOption: true,
    },
  },
  options: SPACE_OPTION,
  examples: [
    ["restore notes.txt 1e206acf03d3", "make that version the current one again"],
    ["versions notes.txt", "which versions there are, also of a removed file"],
  ],
  details: "It becomes a new version: what the file held meanwhile stays among its versions.",
  run: restore,
};

async function restore(
  { client, output, signal }: CommandContext,
  { key, version }: RestoreArguments,
): Promise<undefined> {
  const restored = await client.history.restore(key, versionText(version), { signal });
  await output.result(restored, () => describeStored(restored, "restored"));
  return undefined;
}
