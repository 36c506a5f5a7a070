import { GstoreError } from "@gstore/gateway/client";

/** What begins the keys of everything in a folder: `docs/` for `docs` and `docs/`, nothing for `/` and for nothing. */
export function folderPrefix(text: string): string {
  const name = text.replace(/\/+$/, "");
  return name === "" ? "" : `${name}/`;
}

/** The last part of a key or path. */
export function lastPart(text: string): string {
  const parts = text.split("/").filter((part) => part !== "");
  const last = parts.at(-1);
  if (last === undefined) throw new GstoreError("INVALID_KEY", "That names no file or folder.");
  return last;
}
