import {
  GstoreError,
  KEY_BYTES_MAX,
  LIST_PAGE_MAX,
  type NamedRecord,
  parseKeyPrefix,
  type SpaceId,
} from "@gstore/core";
import type { ListItem, ListOptions, ListPage } from "./api.ts";
import type { KeyNames } from "./key-names.ts";

/** The last character there is, in four bytes of UTF-8. */
const LAST_CHARACTER = "\u{10ffff}";
const LAST_CHARACTER_BYTES = 4;
/** Names read at first where folders may come: most of a page may lie in one. */
const FOLDED_PAGE_FIRST = 16;

/**
 * One page of the keys below a prefix, in order of their UTF-8 bytes, folders folded where a delimiter is given. Reads as
 * many names as it gives, and one per folder.
 */
export function listKeys(names: KeyNames, space: SpaceId, prefix: string, options: ListOptions): ListPage {
  const checkedPrefix = parseKeyPrefix(prefix);
  const { delimiter } = options;
  const limit = options.limit ?? LIST_PAGE_MAX;
  if (!Number.isInteger(limit) || limit < 1 || limit > LIST_PAGE_MAX) {
    throw new GstoreError("INVALID_ARGUMENT", `A page of a listing has 1 to ${LIST_PAGE_MAX} keys.`, {
      limit: LIST_PAGE_MAX,
    });
  }
  if (delimiter === "") throw new GstoreError("INVALID_ARGUMENT", "A delimiter has at least one character.");
  const items: ListItem[] = [];
  let after = cursorAfter(parseKeyPrefix(options.after ?? ""), checkedPrefix, delimiter);
  let pageSize = delimiter === undefined ? limit : FOLDED_PAGE_FIRST;
  while (items.length < limit) {
    const asked = Math.min(pageSize, limit - items.length);
    const page = names.list(space, { prefix: checkedPrefix, after, limit: asked });
    if (page.length === 0) return { items, next: null };
    pageSize *= 2;
    for (const record of page) {
      const item = itemOf(names, record, checkedPrefix, delimiter);
      items.push(item);
      after = item.kind === "folder" ? behindFolder(item.key) : item.key;
      if (item.kind === "file") continue;
      // The rest of the page may lie in this folder: read on behind it, where another one may come at once.
      pageSize = 1;
      break;
    }
  }
  const last = items.at(-1) as ListItem;
  const more = names.list(space, { prefix: checkedPrefix, after, limit: 1 }).length > 0;
  return { items, next: more ? last.key : null };
}

function itemOf(
  names: KeyNames,
  record: NamedRecord,
  prefix: string,
  delimiter: string | undefined,
): ListItem {
  const end = delimiter === undefined ? -1 : record.name.indexOf(delimiter, prefix.length);
  if (end >= 0) return { kind: "folder", key: record.name.slice(0, end + (delimiter as string).length) };
  return { kind: "file", ...names.fileInfo(record) };
}

/** Where a listing goes on: behind a key, or behind all of a folder that an earlier page has given. */
function cursorAfter(after: string, prefix: string, delimiter: string | undefined): string {
  if (delimiter === undefined || !after.startsWith(prefix)) return after;
  const end = after.indexOf(delimiter, prefix.length);
  return end >= 0 && end + delimiter.length === after.length ? behindFolder(after) : after;
}

/** Sorts behind every key that begins with a folder's name, and before every other key behind these: it is longer than any key. */
function behindFolder(folder: string): string {
  const bytesLeft = KEY_BYTES_MAX + 1 - Buffer.byteLength(folder);
  return folder + LAST_CHARACTER.repeat(Math.max(1, Math.ceil(bytesLeft / LAST_CHARACTER_BYTES)));
}
