import { GstoreError } from "@gstore/core";
import type { EntryId, GstoreNode } from "@gstore/server";

/** A file of an archive: the version that was there when the archive was begun. */
export interface ArchiveFile {
  readonly key: string;
  readonly version: EntryId;
  /** What it is called in the archive. */
  readonly name: string;
  readonly size: number;
  readonly modifiedMs: number;
  readonly mode: number;
}

/** How an archive gets at a file's bytes, when it is its turn. */
export type OpenFile = (file: ArchiveFile) => Promise<ReadableStream<Uint8Array>>;

/** Files of one archive, about 300 bytes of memory each, and archives at a time. */
export const ARCHIVE_FILES_MAX = 100_000;
export const ARCHIVES_AT_ONCE_MAX = 4;

const MODE_DEFAULT = 0o644;
/** Who unpacks gets no file that runs as somebody else. */
const MODE_MASK = 0o777;

/** The files below a prefix as they are now. Rejects with `KEY_NOT_FOUND` where there are none, `TOO_LARGE` where there are too many. */
export async function archiveFiles(
  node: GstoreNode,
  {
    space,
    prefix,
    signal,
  }: { readonly space: string; readonly prefix: string; readonly signal: AbortSignal },
): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
  for (let after: string | undefined; ; ) {
    signal.throwIfAborted();
    const { items, next } = await node.list(prefix, { space, ...(after !== undefined && { after }) });
    for (const item of items) {
      if (item.kind !== "file") continue;
      const { key, version, size, mode } = item;
      const name = safeName(key.slice(folder.length));
      const modifiedMs = item.modifiedMs ?? item.storedMs;
      files.push({ key, version, name, size, modifiedMs, mode: (mode ?? MODE_DEFAULT) & MODE_MASK });
    }
    if (files.length > ARCHIVE_FILES_MAX) {
      const message = `An archive has at most ${ARCHIVE_FILES_MAX} files. Take several, of longer prefixes.`;
      throw new GstoreError("TOO_LARGE", message, { limit: ARCHIVE_FILES_MAX });
    }
    if (next === null) break;
    after = next;
  }
  if (files.length > 0) return files;
  throw new GstoreError("KEY_NOT_FOUND", `There is no key that begins with ${JSON.stringify(prefix)}.`);
}

/**
 * A key has no part that is empty, `.` or `..`, and begins with no slash. On Windows a backslash parts folders too, and a
 * colon names a drive or a stream: these are percent-encoded, so that nobody unpacks anything elsewhere.
 */
export function safeName(name: string): string {
  return name.toWellFormed().replace(/[\\:]/g, (char) => (char === ":" ? "%3A" : "%5C"));
}

/** What the archive itself is called. */
export function archiveName(prefix: string, ending: string): string {
  const parts = prefix.split("/").filter((part) => part !== "");
  return `${parts.at(-1) ?? "files"}.${ending}`;
}
