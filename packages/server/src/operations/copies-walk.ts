import {
  type EntryRecord,
  LIST_PAGE_MAX,
  type NamedRecord,
  parseKeyPrefix,
  throwIfAborted,
} from "@gstore/core";
import type { WalkOptions } from "../copies-api.ts";
import type { OpenSpace } from "../membership/spaces.ts";
import type { NodeParts } from "../node-parts.ts";
import { begunTogether } from "../read-ahead.ts";
import type { ShownVersions } from "../shown-versions.ts";
import { shownVersions } from "./find-version.ts";
import { spaceOf } from "./space-of.ts";

/** A file's version that counts, with what it is called here. */
export interface WalkedVersion {
  readonly record: EntryRecord;
  /** Names; null on a vault. */
  readonly space: string | null;
  readonly key: string | null;
  /** What a listing shows of the key; null on a vault. */
  readonly named: NamedRecord | null;
  /** Whether readers see it, or would if it were not for a conflict. */
  readonly isCurrent: boolean;
}

/**
 * The versions of the files below a prefix, current ones and those that are kept as history, in pages of at most
 * `LIST_PAGE_MAX`. On a vault, which can name nothing, all that it knows.
 */
export async function* walkVersions(
  parts: NodeParts,
  options: WalkOptions & { readonly signal: AbortSignal },
): AsyncGenerator<WalkedVersion[]> {
  let page: WalkedVersion[] = [];
  for await (const version of isVault(parts) && !isNarrowed(options)
    ? allVersions(parts, options)
    : namedVersions(parts, options)) {
    page.push(version);
    if (page.length < LIST_PAGE_MAX) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** Keys whose versions are read at once: reads that lie near each other on the disk are one then. */
const KEYS_AT_ONCE = 64;

/** Whether only a part of what is here is to be looked at. */
export function isNarrowed({ space, prefix = "" }: WalkOptions): boolean {
  return space !== undefined || prefix !== "";
}

function isVault({ members, network }: NodeParts): boolean {
  return members.get(network.self)?.role === "vault";
}

async function* namedVersions(
  parts: NodeParts,
  { space, prefix = "", signal, onProgress }: WalkOptions & { readonly signal: AbortSignal },
): AsyncGenerator<WalkedVersion> {
  const { names } = parts;
  const checked = parseKeyPrefix(prefix);
  const spaces = space === undefined && !isVault(parts) ? parts.spaces.all() : [spaceOf(parts, space)];
  const total = (): number => spaces.reduce((sum, { id }) => sum + names.count(id), 0);
  const shown = shownVersions(parts);
  let keys = 0;
  for (const one of spaces) {
    for (let after = ""; ; ) {
      throwIfAborted(signal);
      const page = names.list(one.id, { prefix: checked, after, limit: LIST_PAGE_MAX });
      const last = page.at(-1);
      if (last === undefined) break;
      for (let at = 0; at < page.length; at += KEYS_AT_ONCE) {
        const some = page.slice(at, at + KEYS_AT_ONCE);
        const versions = some.map((named) => versionsOf(parts, { space: one, named, shown, signal }));
        yield* begunTogether(versions);
      }
      keys += page.length;
      onProgress?.({ keys, keysTotal: checked === "" ? total() : null });
      after = last.name;
    }
  }
}

async function* versionsOf(
  { disk, history }: NodeParts,
  {
    space,
    named,
    shown,
    signal,
  }: {
    readonly space: OpenSpace;
    readonly named: NamedRecord;
    readonly shown: ShownVersions;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<WalkedVersion> {
  const { keyId, entryId, isConflict, name } = named;
  const heads = isConflict ? await shown.heads({ space: space.id, keyId }) : [];
  const current = new Set([entryId, ...heads.map(({ entry }) => entry.id)]);
  for await (const record of disk.entries.versions(space.id, keyId)) {
    throwIfAborted(signal);
    const isCurrent = current.has(record.entry.id);
    if (record.entry.body.op !== "put" || !(isCurrent || shown.counts(record))) continue;
    if (!isCurrent && (await history.isPast(record))) continue;
    yield { record, space: space.name, key: name, named, isCurrent };
  }
}

async function* allVersions(
  parts: NodeParts,
  { signal, onProgress }: WalkOptions & { readonly signal: AbortSignal },
): AsyncGenerator<WalkedVersion> {
  const { history } = parts;
  const { entries } = parts.disk;
  const shown = shownVersions(parts);
  let keys = 0;
  for (let after = 0; ; ) {
    throwIfAborted(signal);
    const page = await entries.since(after, LIST_PAGE_MAX);
    const last = page.at(-1);
    if (last === undefined) return;
    for (let at = 0; at < page.length; at += KEYS_AT_ONCE) {
      const some = page.slice(at, at + KEYS_AT_ONCE);
      const files = some.filter((record) => record.entry.body.op === "put" && shown.counts(record));
      const heads = await Promise.all(files.map(({ entry }) => shown.heads(entry.body)));
      for (const [index, record] of files.entries()) {
        const isCurrent = heads[index]?.some(({ entry }) => entry.id === record.entry.id) === true;
        if (!isCurrent && (await history.isPast(record))) continue;
        yield { record, space: null, key: null, named: null, isCurrent };
      }
    }
    keys += page.length;
    onProgress?.({ keys, keysTotal: entries.count() });
    after = last.arrival;
  }
}
