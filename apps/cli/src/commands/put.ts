import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { GstoreError, type PutOptions, parseDuration, type StoreAnswer } from "@gstore/gateway/client";
import type { Command, CommandContext } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { lastPart } from "../key-prefix.ts";
import { startProgress } from "../progress.ts";
import { putFolder } from "../put-folder.ts";
import { SPACE_OPTION } from "../space-option.ts";
import { describeStored } from "../stored-line.ts";
import { describeSystemError } from "../system-error.ts";
import { counted, uploadFile } from "../upload.ts";
import { userPath } from "../user-path.ts";

interface PutArguments {
  readonly file: string;
  readonly key?: string;
  readonly copies?: number;
  readonly wait?: "local" | "min" | "all";
  readonly timeout?: string;
  readonly "content-type"?: string;
  readonly meta?: readonly string[];
}

export const putCommand: Command<PutArguments> = {
  positionals: {
    file: { type: "string", description: "File or folder; - for standard input", demandOption: true },
    key: { type: "string", description: "Name to store it under (default: the file's own; needed for -)" },
  },
  options: {
    ...SPACE_OPTION,
    copies: {
      type: "number",
      requiresArg: true,
      description: "Nodes that shall hold it (default: 3, or all if fewer)",
    },
    wait: {
      choices: ["local", "min", "all"],
      requiresArg: true,
      description:
        "Nodes that must hold it before the command succeeds: this one, the least allowed, or all wanted",
    },
    timeout: { type: "string", requiresArg: true, description: "How long to wait for them (default 30s)" },
    "content-type": { type: "string", requiresArg: true, description: "Media type, such as text/plain" },
    meta: {
      type: "string",
      array: true,
      requiresArg: true,
      description: "NAME=VALUE to keep with it (repeatable)",
    },
  },
  examples: [
    ["put notes.txt", "store a file under its own name"],
    ["put notes.txt docs/", "store it as docs/notes.txt"],
    ["put photos trip/2026", "store every file of a folder below trip/2026/"],
    ["put big.iso --wait all", "succeed only when every wanted node has it"],
    ["put - backup.tar < backup.tar", "store standard input"],
  ],
  details:
    "In a folder, .gstoreignore names what to leave out, as .gitignore does. Symbolic links are not stored.",
  run: put,
};

const WAITING = "waiting for copies";

async function put(context: CommandContext, args: PutArguments): Promise<ExitCode | undefined> {
  const options = putOptions(context, args);
  // As a path it would be the current folder, which nobody means who has an empty variable.
  if (args.file === "") throw new GstoreError("INVALID_ARGUMENT", "The name of the file is empty.");
  if (args.file === "-") return putStandardInput(context, args.key, options);
  const path = userPath(args.file);
  const stats = await stat(path).catch((error: unknown) => {
    throw describeSystemError(error, "SOURCE_FAILED") ?? error;
  });
  if (stats.isDirectory()) return putFolder(context, { path, key: args.key ?? basename(path) }, options);
  const key = keyOfFile(args.key, path);
  const progress = startProgress(context.output, {
    label: key,
    total: stats.isFile() ? stats.size : null,
    afterwards: WAITING,
  });
  const onBytes = (bytes: number): void => progress.add(bytes);
  const stored = await uploadFile(context.client, { path, key }, { ...options, onBytes }).finally(
    progress.end,
  );
  await tellStored(context, stored);
  return undefined;
}

async function putStandardInput(
  context: CommandContext,
  key: string | undefined,
  options: PutOptions,
): Promise<undefined> {
  if (key === undefined) {
    throw new GstoreError("INVALID_ARGUMENT", "Standard input has no name. Give a key: gstore put - KEY");
  }
  const progress = startProgress(context.output, { label: key, total: null });
  const bytes = counted(process.stdin, (count) => progress.add(count));
  const stored = await context.client.put(key, bytes, options).finally(progress.end);
  await tellStored(context, stored);
  return undefined;
}

function tellStored({ output }: CommandContext, stored: StoreAnswer): Promise<void> {
  return output.result(stored, () => describeStored(stored));
}

/** Like cp: a name that ends in a slash is a folder to put the file into. */
function keyOfFile(key: string | undefined, path: string): string {
  const name = basename(path);
  if (key === undefined) return name;
  if (!key.endsWith("/")) return key;
  return key === "/" ? name : `${key}${lastPart(path)}`;
}

function putOptions({ signal }: CommandContext, args: PutArguments): PutOptions {
  const { copies, wait, timeout, meta } = args;
  if (timeout !== undefined) parseDuration(timeout);
  if (copies !== undefined && !(Number.isInteger(copies) && copies >= 1)) {
    throw new GstoreError("INVALID_ARGUMENT", "--copies takes a whole number from 1 on.");
  }
  const contentType = args["content-type"];
  return {
    signal,
    ...(copies === undefined ? {} : { copies }),
    ...(wait === undefined ? {} : { wait }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(meta === undefined ? {} : { metadata: metadataOf(meta) }),
  };
}

function metadataOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new GstoreError("INVALID_ARGUMENT", "--meta takes NAME=VALUE.");
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
