import { GstoreError, parseKeyPrefix } from "@gstore/core";
import type { NodeParts } from "../node-parts.ts";
import type { FolderUsage, FolderUsageOptions } from "../usage-api.ts";
import { type WalkedVersion, walkVersions } from "./copies-walk.ts";
import { spaceOf } from "./space-of.ts";

/** See `UsageOperations.du`. */
export async function folderUsage(
  parts: NodeParts,
  prefix: string,
  options: FolderUsageOptions,
): Promise<FolderUsage> {
  const { stopping, names } = parts;
  const { depth = 1, onFolder = async () => {}, onProgress, signal: given } = options;
  if (!Number.isSafeInteger(depth) || depth < 0)
    throw new GstoreError("INVALID_ARGUMENT", "The depth is a whole number of levels, 0 or more.");
  const space = spaceOf(parts, options.space).name;
  const checked = parseKeyPrefix(prefix);
  const signal = given === undefined ? stopping : AbortSignal.any([given, stopping]);
  const all = new Sum(checked);
  /** The folders that the last key lies in, outermost first. Keys come in order, so that all of a folder come together. */
  let open: Sum[] = [];
  const base = checked.lastIndexOf("/") + 1;
  const enter = async (key: string): Promise<void> => {
    const folders = foldersOf(key, base, depth);
    const kept = open.filter(({ prefix: folder }, index) => folders[index] === folder).length;
    for (const left of open.slice(kept).reverse()) await onFolder(left.usage);
    open = [...open.slice(0, kept), ...folders.slice(kept).map((folder) => new Sum(folder))];
  };
  let last: string | null = null;
  const walk = { space, prefix: checked, signal, ...(onProgress && { onProgress }) };
  for await (const page of walkVersions(parts, walk)) {
    for (const version of page) {
      if (version.key === null) continue;
      if (version.key !== last) await enter(version.key);
      last = version.key;
      const size = version.named === null ? null : names.fileInfo(version.named).size;
      for (const sum of [all, ...open]) sum.add(version, size);
    }
  }
  for (const left of open.reverse()) await onFolder(left.usage);
  return all.usage;
}

/** The folders of a key from a place in it on, each with its slash, at most so many. */
function foldersOf(key: string, base: number, depth: number): string[] {
  const folders: string[] = [];
  for (let at = key.indexOf("/", base); at >= 0 && folders.length < depth; at = key.indexOf("/", at + 1))
    folders.push(key.slice(0, at + 1));
  return folders;
}

class Sum {
  readonly prefix: string;
  #files = 0;
  #bytes = 0;
  #storedBytes = 0;
  #olderVersions = 0;
  #olderBytes = 0;

  constructor(prefix: string) {
    this.prefix = prefix;
  }

  /** The version that a listing shows is the file; others, of a conflict too, are kept besides. */
  add({ record, named }: WalkedVersion, size: number | null): void {
    const { id, body } = record.entry;
    if (named?.entryId === id && size !== null) {
      this.#files++;
      this.#bytes += size;
      this.#storedBytes += body.storedBytes;
    } else {
      this.#olderVersions++;
      this.#olderBytes += body.storedBytes;
    }
  }

  get usage(): FolderUsage {
    return {
      ...{ prefix: this.prefix, files: this.#files, bytes: this.#bytes, storedBytes: this.#storedBytes },
      ...{ olderVersions: this.#olderVersions, olderBytes: this.#olderBytes },
    };
  }
}
