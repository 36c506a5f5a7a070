import { GstoreError, type VersionRecord } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { VERSION_TITLES, versionColumns } from "../version-columns.ts";

interface VersionsArguments {
  readonly key: string;
  readonly number?: number;
}

export const versionsCommand: Command<VersionsArguments> = {
  positionals: { key: { type: "string", description: "Key of the file", demandOption: true } },
  options: {
    ...SPACE_OPTION,
    number: { alias: "n", type: "number", requiresArg: true, description: "Show at most so many" },
  },
  examples: [
    ["versions notes.txt", "every version of it that this node knows, newest first"],
    ["cat notes.txt --version 1e206acf03d3", "show one of them"],
    ["versions notes.txt -n 5 --json", "the last five for programs, with their whole ids"],
  ],
  details: `STATE: current, what readers see; conflict, written by somebody who had not seen the current one (gstore conflicts);
superseded, older; quarantined, its author was not allowed to write it; unreadable, sealed in a key that is not here;
purged, destroyed by gstore purge.
HERE: whether this node holds all of it. Times are those of the clocks of the nodes that stored them.`,
  run: versions,
};

async function versions(context: CommandContext, { key, number }: VersionsArguments): Promise<undefined> {
  const { client, output, signal } = context;
  if (number !== undefined && !(Number.isInteger(number) && number >= 1))
    throw new GstoreError("INVALID_ARGUMENT", "-n takes a whole number from 1 on.");
  let count = 0;
  const show = async (version: VersionRecord): Promise<void> => {
    // There may be any number of them: the columns' widths are known beforehand.
    if (count === 0 && !output.json) await output.write(`${VERSION_TITLES}\n`);
    await output.result(version, () => versionColumns(version));
    count++;
  };
  for await (const version of client.history.versions(key, {
    signal,
    ...(number === undefined ? {} : { limit: number }),
  }))
    await show(version);
  return undefined;
}
