import type {
  ConflictsAnswer,
  IssuedShareRecord,
  ListAnswer,
  ListRecord,
  RecentAnswer,
  RemoveAnswer,
  RestoreAnswer,
  ShareRecord,
  SpaceRecord,
  StoreAnswer,
  VersionsAnswer,
  WhereisAnswer,
} from "@gstore/gateway/client";
import { ask, withQuery } from "./http.ts";

/** The path of a space's part of the API, or of one key in it. */
export function spacePath(space: string, part: string, key?: string): string {
  const path = `/v1/spaces/${encodeURIComponent(space)}/${part}`;
  return key === undefined ? path : `${path}/${key.split("/").map(encodeURIComponent).join("/")}`;
}

/** Where a file is read, by a picture or a video too: the cookie goes by itself. */
export function fileUrl(space: string, key: string, version?: string): string {
  return withQuery(spacePath(space, "keys", key), { version });
}

export const PAGE_KEYS = 1000;

interface Where {
  readonly space: string;
  readonly key: string;
}

export async function listSpaces(signal?: AbortSignal): Promise<readonly SpaceRecord[]> {
  return (await ask<{ spaces: SpaceRecord[] }>("/v1/spaces", { signal })).spaces;
}

interface Listing {
  readonly space: string;
  readonly prefix: string;
  /** What folders end in; without it all keys below the prefix are given. */
  readonly delimiter?: string;
  readonly signal?: AbortSignal;
}

export function listPage(
  { space, prefix, delimiter, signal }: Listing,
  { after, limit = PAGE_KEYS }: { readonly after?: string; readonly limit?: number } = {},
): Promise<ListAnswer> {
  return ask(spacePath(space, "keys"), {
    query: { prefix: prefix === "" ? undefined : prefix, delimiter, after, limit },
    signal,
  });
}

/** All that is below a prefix, a page at a time. */
export async function* listAll(listing: Listing): AsyncGenerator<readonly ListRecord[]> {
  let after: string | undefined;
  do {
    const page = await listPage(listing, after === undefined ? {} : { after });
    yield page.items;
    after = page.next ?? undefined;
  } while (after !== undefined);
}

/** Removes the file; resolves with the removal, which is a version too. */
export function removeKey({ space, key }: Where): Promise<RemoveAnswer> {
  return ask(spacePath(space, "keys", key), { method: "DELETE" });
}

/** Makes that version the current one again. */
export function restoreVersion({ space, key }: Where, version: string): Promise<RestoreAnswer> {
  return ask(spacePath(space, "versions", key), { method: "POST", body: { restore: version } });
}

/** Settles a conflict in favour of that version. */
export function resolveConflict({ space, key }: Where, version: string): Promise<RestoreAnswer> {
  return ask(spacePath(space, "versions", key), { method: "POST", body: { resolve: version } });
}

/** Moves or copies a file to a key that is not there yet. */
export function transferKey(
  how: "move" | "copy",
  { space, from, to }: { readonly space: string; readonly from: string; readonly to: string },
): Promise<StoreAnswer> {
  const headers = { "if-none-match": "*" };
  return ask(spacePath(space, how), { method: "POST", body: { from, to }, headers });
}

export function listVersions({ space, key }: Where, signal?: AbortSignal): Promise<VersionsAnswer> {
  return ask(spacePath(space, "versions", key), { query: { limit: 100 }, signal });
}

export function whereIs({ space, key }: Where, signal?: AbortSignal): Promise<WhereisAnswer> {
  return ask(spacePath(space, "copies", key), { signal });
}

export function listConflicts(space: string, prefix: string, signal?: AbortSignal): Promise<ConflictsAnswer> {
  const query = { prefix: prefix === "" ? undefined : prefix, limit: 100 };
  return ask(spacePath(space, "conflicts"), { query, signal });
}

interface Recent {
  readonly space: string;
  readonly prefix?: string;
  readonly removed?: boolean;
  readonly before?: string | undefined;
  readonly signal?: AbortSignal;
}

/** What was written last, or the files that were removed last. */
export function listRecent({ space, prefix = "", removed, before, signal }: Recent): Promise<RecentAnswer> {
  const query = { prefix: prefix === "" ? undefined : prefix, removed, before, limit: 100 };
  return ask(spacePath(space, "recent"), { query, signal });
}

export function shareKey({ space, key }: Where, lifetime: string | undefined): Promise<IssuedShareRecord> {
  return ask("/v1/shares", { method: "POST", body: { space, key, lifetime } });
}

export async function listShares(signal?: AbortSignal): Promise<readonly ShareRecord[]> {
  return (await ask<{ shares: ShareRecord[] }>("/v1/shares", { signal })).shares;
}

export function revokeShare(id: string): Promise<unknown> {
  return ask(`/v1/shares/${encodeURIComponent(id)}`, { method: "DELETE" });
}
