import { GstoreError, parseKeyName } from "@gstore/core/client";
import { decodeText } from "./file-headers.ts";

/** Where the keys of a space live, as the router writes it. */
export const KEYS_PATH = "/v1/spaces/:space/keys";

/** Where the histories of a space's keys live. */
export const VERSIONS_PATH = "/v1/spaces/:space/versions";

/** Where it is told which nodes hold the keys of a space. */
export const COPIES_PATH = "/v1/spaces/:space/copies";

/** Where it is told which nodes should hold the keys of a space. */
export const PLACEMENT_PATH = "/v1/spaces/:space/placement";

/** What can be asked for of a key, as its path says. */
export type KeyCollection = "keys" | "versions" | "copies" | "placement";

const URL_PATH = /^\/v1\/spaces\/([^/]+)\/(?:keys|versions|copies|placement)(?:\/(.*))?$/;

/** A key and the space that it is in. */
export interface KeyPlace {
  readonly space: string;
  readonly key: string;
}

/**
 * The space and key that a URL names: what follows the keys' path up to the query, percent-decoded once. Taken from the
 * raw URL, because a router decodes in ways of its own. Throws `INVALID_KEY` or `INVALID_ARGUMENT`.
 */
export function keyOfUrl(url: string): KeyPlace {
  const [path = ""] = url.split("?", 1);
  const match = URL_PATH.exec(path);
  if (match === null) throw new GstoreError("INVALID_ARGUMENT", "The path of a key is written otherwise.");
  const [, space = "", key = ""] = match;
  return { space: decodeText(space), key: parseKeyName(decodeText(key)) };
}

/**
 * The opposite of {@link keyOfUrl}: slashes stay, all else that has a meaning in a URL is percent-encoded. Throws
 * `INVALID_KEY`: what is no key, such as half of a surrogate pair, could become another one on the way.
 */
export function urlOfKey({ space, key }: KeyPlace, collection: KeyCollection = "keys"): string {
  return `${urlOfKeys(space, collection)}/${parseKeyName(key).split("/").map(encodeURIComponent).join("/")}`;
}

/** Where the files of a space come as one archive. */
export const ARCHIVE_PATH = "/v1/spaces/:space/archive";

/** Where the conflicts of a space are listed. */
export const CONFLICTS_PATH = "/v1/spaces/:space/conflicts";
/** Where what arrived last in a space is listed. */
export const RECENT_PATH = "/v1/spaces/:space/recent";

/** Where the keys of that space live, their histories, or those in conflict. */
export function urlOfKeys(
  space: string,
  collection: KeyCollection | "conflicts" | "recent" = "keys",
): string {
  if (space === "" || !space.isWellFormed()) {
    throw new GstoreError("INVALID_ARGUMENT", "That is no name of a space.");
  }
  return `/v1/spaces/${encodeURIComponent(space)}/${collection}`;
}
