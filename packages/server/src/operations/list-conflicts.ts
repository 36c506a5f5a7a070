import { GstoreError, LIST_PAGE_MAX, parseKeyPrefix, throwIfAborted, VERSIONS_PAGE_MAX } from "@gstore/core";
import type { Conflict, ConflictsOptions, ConflictsPage, VersionInfo } from "../history-api.ts";
import type { NodeParts } from "../node-parts.ts";
import { keyPlace } from "./find-version.ts";
import { VersionJudge } from "./list-versions.ts";
import { spaceOf } from "./space-of.ts";

/** See `HistoryOperations.conflicts`. Reads as many keys as it gives. */
export async function listConflicts(
  parts: NodeParts,
  prefix: string,
  options: ConflictsOptions,
): Promise<ConflictsPage> {
  const { limit = VERSIONS_PAGE_MAX, signal } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > VERSIONS_PAGE_MAX) {
    throw new GstoreError("INVALID_ARGUMENT", `A page has 1 to ${VERSIONS_PAGE_MAX} keys.`, {
      limit: VERSIONS_PAGE_MAX,
    });
  }
  const space = spaceOf(parts, options.space);
  const checked = { prefix: parseKeyPrefix(prefix), after: parseKeyPrefix(options.after ?? "") };
  const items: Conflict[] = [];
  const found = parts.names.conflicts(space.id, { ...checked, limit: limit + 1 });
  let versionCount = 0;
  let last: string | null = null;
  for (const { name } of found.slice(0, limit)) {
    throwIfAborted(signal);
    // Each author may contend for each key.
    if (versionCount >= LIST_PAGE_MAX) return { items, next: last };
    last = name;
    const judge = await VersionJudge.of(parts, keyPlace(space, name));
    // It may have been settled since it was looked for.
    if (!judge.isConflict) continue;
    const versions: VersionInfo[] = [];
    for (const head of judge.heads) versions.push(await judge.describe(head));
    items.push({ key: name, versions });
    versionCount += versions.length;
  }
  return { items, next: found.length > limit ? last : null };
}
