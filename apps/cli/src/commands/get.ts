import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Download, GstoreError, isGstoreError, type WhichVersion } from "@gstore/gateway/client";
import { formatBytes } from "../byte-size.ts";
import type { Command, CommandContext } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { getFolder } from "../get-folder.ts";
import { folderPrefix, lastPart } from "../key-prefix.ts";
import { printable } from "../printable.ts";
import { startProgress } from "../progress.ts";
import { safeParts } from "../safe-path.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { userFolder, userPath } from "../user-path.ts";
import { VERSION_OPTIONS, type VersionArguments, whichVersion } from "../which-version.ts";
import { type Target, targetAt, writeDownload } from "../write-download.ts";

interface GetArguments extends VersionArguments {
  readonly key: string;
  readonly output?: string;
  readonly force?: boolean;
}

export const getCommand: Command<GetArguments> = {
  positionals: {
    key: {
      type: "string",
      description: "Key of a file, or what the keys of a folder begin with",
      demandOption: true,
    },
  },
  options: {
    ...SPACE_OPTION,
    output: {
      alias: "o",
      type: "string",
      requiresArg: true,
      description: "File or folder to write to; - for standard output",
    },
    force: { alias: "f", type: "boolean", description: "Replace what is there" },
    ...VERSION_OPTIONS,
  },
  examples: [
    ["get docs/notes.txt", "write notes.txt into the current folder"],
    ["get docs/notes.txt -o n.txt", "write it to that file, replacing it"],
    ["get docs", "write every file below docs/ into the folder docs"],
    ["get backup.tar -o - | tar x", "write to standard output"],
    ["get notes.txt --at 2026-11-01T12:00 -o old.txt", "what it was then"],
  ],
  details: "A file appears under its name only when all of it has come.",
  run: get,
};

async function get(context: CommandContext, args: GetArguments): Promise<ExitCode | undefined> {
  const { key, output: target, force = false } = args;
  const which = whichVersion(args);
  if (key.endsWith("/")) return getBelow(context, args);
  if (target === "-") return getToStandardOutput(context, key, which);
  const path = await targetOfFile(key, target);
  const mayReplace = force || target !== undefined;
  const opened = await open(context, key, which);
  if (opened === undefined) return getBelow(context, args);
  try {
    const target = await targetAt(path, { mayReplace });
    await download(context, { opened, target, mayReplace });
  } finally {
    await opened.body.return(undefined);
  }
  return undefined;
}

async function download(
  { output }: CommandContext,
  { opened, target, mayReplace }: { opened: Download; target: Target; mayReplace: boolean },
): Promise<void> {
  const { file, length } = opened;
  const progress = startProgress(output, { label: file.key, total: length });
  const onBytes = (bytes: number): void => progress.add(bytes);
  await writeDownload(target, opened, { mayReplace, onBytes }).finally(progress.end);
  await output.result({ ...file, path: target.path }, () => {
    return `wrote ${printable(target.path)} (${formatBytes(length)})`;
  });
}

async function getToStandardOutput(
  { client, output, signal }: CommandContext,
  key: string,
  which: WhichVersion,
): Promise<undefined> {
  const { file, length, body } = await client.get(key, { signal, ...which });
  const progress = process.stdout.isTTY
    ? undefined
    : startProgress(output, { label: file.key, total: length });
  try {
    for await (const part of body) {
      await output.write(part);
      progress?.add(part.length);
    }
  } finally {
    progress?.end();
  }
  return undefined;
}

/** Opens a file. Gives undefined where there is no such key, but keys below it. */
async function open(
  { client, signal }: CommandContext,
  key: string,
  which: WhichVersion,
): Promise<Download | undefined> {
  try {
    return await client.get(key, { signal, ...which });
  } catch (error) {
    if (!isGstoreError(error, "KEY_NOT_FOUND", "NO_HOLDER_REACHABLE")) throw error;
    // That the file was not there then, or that version of it, says nothing about a folder.
    if (which.version !== undefined || which.at !== undefined) throw error;
    const below = await client.page(folderPrefix(key), { limit: 1, signal });
    if (below.items.length === 0) throw error;
    return undefined;
  }
}

function getBelow(
  context: CommandContext,
  { key, output: target, force = false, version, at }: GetArguments,
): Promise<ExitCode> {
  if (version !== undefined || at !== undefined)
    throw new GstoreError("INVALID_ARGUMENT", "--version and --at are for one file, not for a folder.");
  if (target === "-") {
    throw new GstoreError("INVALID_ARGUMENT", `${key} is a folder, and standard output takes one file.`, {
      key,
    });
  }
  const prefix = folderPrefix(key);
  const path =
    target === undefined ? join(userFolder(), prefix === "" ? "." : nameFor(key)) : userPath(target);
  return getFolder(context, { prefix, path, mayReplace: force });
}

/** Where a file goes: to the name given, into the folder given, or under its last part into the current folder. */
async function targetOfFile(key: string, target: string | undefined): Promise<string> {
  if (target === undefined) return join(userFolder(), nameFor(key));
  const path = userPath(target);
  const isFolder =
    target.endsWith("/") ||
    (await stat(path).then(
      (stats) => stats.isDirectory(),
      () => false,
    ));
  return isFolder ? join(path, nameFor(key)) : path;
}

function nameFor(key: string): string {
  const name = lastPart(key);
  if (safeParts(name) !== undefined) return name;
  throw new GstoreError(
    "REQUEST_REFUSED",
    "The key's last part can't be a file's name here; give one with -o.",
    { key },
  );
}
