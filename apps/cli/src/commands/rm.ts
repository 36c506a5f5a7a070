import { GstoreError, isGstoreError } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCodeOf, worstExitCode } from "../exit-codes.ts";
import { folderPrefix } from "../key-prefix.ts";
import { noSuchKey, nothingBelow } from "../not-found.ts";
import { printable } from "../printable.ts";
import { report } from "../run.ts";
import { sideBySide } from "../side-by-side.ts";
import { SPACE_OPTION } from "../space-option.ts";

const KEYS_AT_ONCE = 8;

interface RmArguments {
  readonly key: readonly string[];
  readonly recursive?: boolean;
  readonly history?: boolean;
}

export const rmCommand: Command<RmArguments> = {
  positionals: {
    key: {
      type: "string",
      array: true,
      description: "Keys to remove; with -r, folders too",
      demandOption: true,
    },
  },
  options: {
    ...SPACE_OPTION,
    history: {
      type: "boolean",
      description: "Also give up the keys' old versions, now and on every node: nothing brings them back",
    },
    recursive: { alias: "r", type: "boolean", description: "Also everything below the keys" },
  },
  examples: [
    ["rm notes.txt", "remove a file, on every node"],
    ["rm -r docs", "remove docs and everything in docs/"],
    ["rm --history notes.txt", "remove a file and all that it ever held, also where it was removed before"],
  ],
  run: rm,
};

async function rm(
  context: CommandContext,
  { key: keys, recursive = false, history = false }: RmArguments,
): Promise<ExitCode> {
  const problems: ExitCode[] = [];
  for (const key of keys) {
    try {
      if (recursive) await removeBelow(context, key, history);
      else await removeOne(context, key, history);
    } catch (error) {
      if (!isGstoreError(error, "KEY_NOT_FOUND", "NO_HOLDER_REACHABLE", "INVALID_KEY")) throw error;
      report(context.output, error);
      problems.push(exitCodeOf(error));
    }
  }
  return worstExitCode(problems);
}

async function removeOne(context: CommandContext, key: string, history: boolean): Promise<void> {
  const { client, output, signal } = context;
  const removed = await client.remove(key, { history, signal }).catch(async (error: unknown) => {
    throw isGstoreError(error, "KEY_NOT_FOUND") ? await noSuchKey(context, key) : error;
  });
  const what = history ? " and its history" : "";
  await output.result(removed, () => `removed ${printable(removed.key)}${what}`);
}

async function removeBelow(context: CommandContext, text: string, history: boolean): Promise<void> {
  const { client, signal } = context;
  const prefix = folderPrefix(text);
  if (prefix === "") {
    throw new GstoreError("INVALID_ARGUMENT", "That would remove everything. Name the folders to remove.");
  }
  let count = 0;
  const remove = async (key: string): Promise<void> => {
    try {
      await removeOne(context, key, history);
      count++;
    } catch (error) {
      // Somebody else was faster.
      if (!isGstoreError(error, "KEY_NOT_FOUND", "NO_HOLDER_REACHABLE")) throw error;
    }
  };
  const exact = await client.page(prefix.slice(0, -1), { limit: 1, signal });
  const [first] = exact.items;
  if (first?.kind === "file" && first.key === prefix.slice(0, -1).normalize("NFC")) await remove(first.key);
  const below = (async function* () {
    for await (const item of client.list(prefix, { signal })) yield item.key;
  })();
  await sideBySide(below, { limit: KEYS_AT_ONCE }, remove);
  if (count === 0) throw await nothingBelow(context, text);
}
