import { GstoreError, LIST_PAGE_MAX, type NamedRecord, parseKeyPrefix, type SpaceId } from "@gstore/core";
import type { ListItem, ListOptions, ListPage } from "./api.ts";
import type { KeyNames } from "./key-names.ts";

/** Sorts after every key that begins with a folder's name: no key has an unpaired surrogate or this noncharacter in it. */
const AFTER_FOLDER = "\u{10ffff}";

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
  let after = cursorAfter(options.after ?? "", delimiter);
  while (items.length < limit) {
    const page = names.list(space, { prefix: checkedPrefix, after, limit: limit - items.length });
    if (page.length === 0) return { items, next: null };
    for (const record of page) {
      const item = itemOf(names, record, checkedPrefix, delimiter);
      items.push(item);
      after = cursorAfter(item.key, item.kind === "folder" ? delimiter : undefined);
      // The rest of the page may lie in this folder: read on behind it.
      if (item.kind === "folder") break;
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

/** Where a listing goes on: behind a key, or behind all of a folder. */
function cursorAfter(after: string, delimiter: string | undefined): string {
  return delimiter !== undefined && after.endsWith(delimiter) ? after + AFTER_FOLDER : after;
}
