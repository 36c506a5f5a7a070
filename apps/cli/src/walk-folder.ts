import { lstatSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { GstoreError } from "@gstore/gateway/client";
import ignore, { type Ignore } from "ignore";
import { describeSystemError } from "./system-error.ts";

/** Names the files that a put of a folder leaves out, in the syntax of .gitignore; one can be in every folder. */
export const IGNORE_FILE = ".gstoreignore";

/** A file to store, or why something in the folder can't be. */
export type WalkItem =
  | { readonly kind: "file"; readonly path: string; readonly name: string; readonly size: number }
  /** A symbolic link, socket, pipe or device: not stored, by design. */
  | { readonly kind: "skipped"; readonly path: string; readonly reason: string }
  /** Something that should have been stored. */
  | { readonly kind: "failed"; readonly path: string; readonly error: GstoreError };

interface IgnoreRules {
  /** The folder that the rules stand in, as the part of names below it: `""` or `a/b/`. */
  readonly base: string;
  readonly rules: Ignore;
}

/** Every file below `root`, in the order of their names, with its name below it (parts separated by slashes). */
export async function* walkFolder(root: string): AsyncGenerator<WalkItem> {
  yield* walk({ path: root, name: "", outer: [] });
}

async function* walk(folder: {
  readonly path: string;
  readonly name: string;
  readonly outer: readonly IgnoreRules[];
}): AsyncGenerator<WalkItem> {
  let entries: { name: string | undefined; shown: string; isFolder: boolean }[];
  let ignored: readonly IgnoreRules[];
  try {
    entries = await readFolder(folder.path);
    ignored = await withRulesOf(folder);
  } catch (error) {
    yield { kind: "failed", path: folder.path, error: asFailure(error, folder.path) };
    return;
  }
  if (isNodeFolder(entries)) {
    yield { kind: "skipped", path: folder.path, reason: "a gstore node's folder: it holds secret keys" };
    return;
  }
  for (const { name: part, shown, isFolder } of entries) {
    const path = join(folder.path, shown);
    if (part === undefined) {
      const message = `${path}: its name is not UTF-8.`;
      yield { kind: "failed", path, error: new GstoreError("SOURCE_FAILED", message, { path }) };
      continue;
    }
    const name = `${folder.name}${part}`;
    if (isIgnored(ignored, isFolder ? `${name}/` : name)) continue;
    if (isFolder) yield* walk({ path, name: `${name}/`, outer: ignored });
    else yield describe(path, name);
  }
}

/** Storing it would hand the node's keys to every other node, and its own packs would grow while they are read. */
function isNodeFolder(entries: readonly { readonly name: string | undefined }[]): boolean {
  return NODE_FILES.every((file) => entries.some(({ name }) => name === file));
}

const NODE_FILES = ["identity", "membership"];

/** Not by another thread: one file after the other is asked for, and the trip takes ten times as long as the call. */
function describe(path: string, name: string): WalkItem {
  try {
    const stats = lstatSync(path);
    if (stats.isFile()) return { kind: "file", path, name, size: stats.size };
    return { kind: "skipped", path, reason: stats.isSymbolicLink() ? "a symbolic link" : "no regular file" };
  } catch (error) {
    return { kind: "failed", path, error: asFailure(error, path) };
  }
}

/** Names are read as bytes: one that is not UTF-8 would otherwise come out as another one. */
async function readFolder(
  path: string,
): Promise<{ name: string | undefined; shown: string; isFolder: boolean }[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const entries = await readdir(path, { withFileTypes: true, encoding: "buffer" });
  entries.sort((first, second) => Buffer.compare(first.name, second.name));
  return entries.map((entry) => {
    const isFolder = entry.isDirectory();
    try {
      const name = decoder.decode(entry.name);
      return { name, shown: name, isFolder };
    } catch {
      return { name: undefined, shown: Buffer.from(entry.name).toString("latin1"), isFolder };
    }
  });
}

async function withRulesOf(folder: {
  readonly path: string;
  readonly name: string;
  readonly outer: readonly IgnoreRules[];
}): Promise<readonly IgnoreRules[]> {
  try {
    const text = await readFile(join(folder.path, IGNORE_FILE), "utf8");
    return [...folder.outer, { base: folder.name, rules: ignore().add(text) }];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EISDIR") return folder.outer;
    // Storing what was to be left out can't be undone everywhere: rather nothing.
    throw error;
  }
}

/** As in git: the last rule that says something counts, and those of inner folders come last. */
function isIgnored(all: readonly IgnoreRules[], name: string): boolean {
  let ignored = false;
  for (const { base, rules } of all) {
    const result = rules.test(name.slice(base.length));
    if (result.ignored) ignored = true;
    else if (result.unignored) ignored = false;
  }
  return ignored;
}

function asFailure(error: unknown, path: string): GstoreError {
  return (
    describeSystemError(error, "SOURCE_FAILED") ?? new GstoreError("SOURCE_FAILED", String(error), { path })
  );
}
