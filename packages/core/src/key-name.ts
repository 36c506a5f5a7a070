import { GstoreError } from "./errors.ts";
import { KEY_BYTES_MAX, NODE_NAME_BYTES_MAX } from "./limits.ts";

/**
 * Checks a key as a user gives it: 1 to `KEY_BYTES_MAX` bytes of well-formed Unicode, no NUL, and no way out of a folder
 * (no empty, `.` or `..` part between slashes, none at either end), so that every key can become a path below a target.
 * Returns it in Unicode normal form C, so that a name typed on one system is found on another. Newlines and other
 * control characters are allowed: they occur in file names. Throws `INVALID_KEY`.
 */
export function parseKeyName(text: string): string {
  const refuse = (reason: string): never => {
    throw new GstoreError("INVALID_KEY", `The key ${quoteName(text)} ${reason}`, { key: text.slice(0, 100) });
  };
  if (text.length === 0) refuse("is empty. Give a name such as notes/today.txt.");
  if (!text.isWellFormed()) refuse("is not well-formed Unicode.");
  const name = text.normalize("NFC");
  const bytes = Buffer.byteLength(name);
  if (bytes > KEY_BYTES_MAX) refuse(`has ${bytes} bytes; at most ${KEY_BYTES_MAX} are possible.`);
  if (name.includes("\0")) refuse("contains a NUL character.");
  for (const part of name.split("/")) {
    if (part === "") refuse("has an empty part: no slash at either end, nor two in a row.");
    if (part === "." || part === "..") refuse(`has the part "${part}", which would lead out of its folder.`);
  }
  return name;
}

/** Checks a prefix of keys for a listing: as a key, but it may be empty or end anywhere. Throws `INVALID_KEY`. */
export function parseKeyPrefix(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes > KEY_BYTES_MAX || text.includes("\0") || !text.isWellFormed()) {
    throw new GstoreError("INVALID_KEY", `The prefix ${quoteName(text)} can't begin any key.`);
  }
  return text.normalize("NFC");
}

/** Checks a node's name: 1 to `NODE_NAME_BYTES_MAX` of letters, digits, `.`, `_` and `-`. Throws `INVALID_ARGUMENT`. */
export function parseNodeName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text) || text.length > NODE_NAME_BYTES_MAX) {
    throw new GstoreError(
      "INVALID_ARGUMENT",
      `A node's name is 1 to ${NODE_NAME_BYTES_MAX} letters, digits, dots, dashes or underscores; ${quoteName(text)} is not.`,
    );
  }
  return text;
}

/** A name for a message: quoted, control characters escaped, cut after 60 characters. */
export function quoteName(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 57)}...` : name);
}
