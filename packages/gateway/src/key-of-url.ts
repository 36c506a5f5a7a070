import { parseKeyName } from "@gstore/core";
import { decodeText } from "./file-headers.ts";

/** Where the keys of the one space live. More spaces come with the issue that names them. */
export const KEYS_PATH = "/v1/spaces/main/keys";

/**
 * The key that a URL names: what follows the keys' path up to the query, percent-decoded once. Taken from the raw URL,
 * because a router decodes in ways of its own. Throws `INVALID_KEY` or `INVALID_ARGUMENT`.
 */
export function keyOfUrl(url: string): string {
  const [path = ""] = url.split("?", 1);
  return parseKeyName(decodeText(path.slice(KEYS_PATH.length + 1)));
}

/**
 * The opposite of {@link keyOfUrl}: slashes stay, all else that has a meaning in a URL is percent-encoded. Throws
 * `INVALID_KEY`: what is no key, such as half of a surrogate pair, could become another one on the way.
 */
export function urlOfKey(key: string): string {
  return `${KEYS_PATH}/${parseKeyName(key).split("/").map(encodeURIComponent).join("/")}`;
}
