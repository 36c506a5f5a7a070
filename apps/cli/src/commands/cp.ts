import { GstoreError, isGstoreError } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import { folderPrefix } from "../key-prefix.ts";
import { noSuchKey, nothingBelow } from "../not-found.ts";
import { sideBySide } from "../side-by-side.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { describeStored } from "../stored-line.ts";

const KEYS_AT_ONCE = 8;

interface CopyArguments {
  readonly from: string;
  readonly to: string;
  readonly recursive?: boolean;
  readonly force?: boolean;
}

export const cpCommand: Command<CopyArguments> = commandOf("copy");
export const mvCommand: Command<CopyArguments> = commandOf("move");

function commandOf(what: "copy" | "move"): Command<CopyArguments> {
  const name = what === "copy" ? "cp" : "mv";
  return {
    positionals: {
      from: { type: "string", description: "Key of the file; with -r, of a folder", demandOption: true },
      to: { type: "string", description: "Its new key", demandOption: true },
    },
    options: {
      ...SPACE_OPTION,
      recursive: { alias: "r", type: "boolean", description: "All files below a key" },
      force: { alias: "f", type: "boolean", description: "Also over files that are there" },
    },
    examples: [
      [`${name} notes.txt old/notes.txt`, `${what} a file`],
      [`${name} -r photos/2025 archive/2025`, `${what} all that is below photos/2025/`],
    ],
    details: `No content is sent or stored anew.${what === "move" ? " The versions of the old key stay with it." : ""}`,
    run: (context, args) => copy(context, args, what),
  };
}

async function copy(
  context: CommandContext,
  { from, to, recursive = false, force = false }: CopyArguments,
  what: "copy" | "move",
): Promise<undefined> {
  const one = async (keys: { from: string; to: string }): Promise<void> => {
    const { client, output, signal } = context;
    const made = await client.history.copy(what, keys, { isNew: !force, signal }).catch((error: unknown) => {
      throw isGstoreError(error, "ALREADY_EXISTS") ? taken(keys.to, error) : error;
    });
    await output.result({ from: keys.from, ...made }, () =>
      describeStored(made, what === "copy" ? "copied" : "moved"),
    );
  };
  if (recursive) await copyBelow(context, { from, to }, one);
  else {
    await one({ from, to }).catch(async (error: unknown) => {
      throw isGstoreError(error, "KEY_NOT_FOUND") ? await noSuchKey(context, from) : error;
    });
  }
  return undefined;
}

async function copyBelow(
  context: CommandContext,
  { from, to }: { from: string; to: string },
  one: (keys: { from: string; to: string }) => Promise<void>,
): Promise<void> {
  const { client, signal } = context;
  const [old, target] = [folderPrefix(from).normalize("NFC"), folderPrefix(to).normalize("NFC")];
  // What is copied would be found again, and copied again.
  if (target.startsWith(old)) {
    throw new GstoreError("INVALID_ARGUMENT", "A folder can't be put into itself.");
  }
  let count = 0;
  const below = (async function* () {
    for await (const item of client.list(old, { signal })) yield item.key;
  })();
  await sideBySide(below, { limit: KEYS_AT_ONCE }, async (key) => {
    await one({ from: key, to: target + key.slice(old.length) });
    count++;
  });
  if (count === 0) throw await nothingBelow(context, from);
}

function taken(key: string, cause: unknown): GstoreError {
  const message = `There is a file ${JSON.stringify(key)} already. --force puts the other one in its place; the one that is there stays among its versions.`;
  return new GstoreError("ALREADY_EXISTS", message, { key, cause });
}
