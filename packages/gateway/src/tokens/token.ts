import { createHash, timingSafeEqual } from "node:crypto";
import type { Random } from "@gstore/core";

/** What whoever has a token may do: read; store and remove besides; all that the node's owner may. */
export const TOKEN_ROLES = ["reader", "writer", "admin"] as const;
export type TokenRole = (typeof TOKEN_ROLES)[number];

/** One token of the HTTP API without its secret. */
export interface Token {
  readonly id: string;
  /** What for, in its maker's words. */
  readonly name: string | null;
  readonly role: TokenRole;
  /** Name of the one space that it holds in; null for all. */
  readonly space: string | null;
  /** Keys that it holds for begin so; empty for all. */
  readonly prefix: string;
  /** The one key that it reads, of a share link; null for a token. */
  readonly key: string | null;
  readonly createdMs: number;
  /** Null for never. */
  readonly expiresMs: number | null;
}

/** A token goes in a header, a share link's in a URL: neither is taken in the other's place. */
export type TokenKind = "token" | "share";

const ID_BYTES = 8;
const SECRET_BYTES = 32;
const PREFIXES: Readonly<Record<TokenKind, string>> = { token: "gstapi", share: "gstshare" };
const FORM = /^(gstapi|gstshare)_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

export function kindOf({ key }: Token): TokenKind {
  return key === null ? "token" : "share";
}

/** A new token's id, its text, and the hash that is all that is kept of it. The prefix lets scanners for leaked secrets find it. */
export function makeToken(
  kind: TokenKind,
  random: Random,
): { readonly id: string; readonly text: string; readonly hash: Buffer } {
  const id = Buffer.from(random.bytes(ID_BYTES)).toString("hex");
  const secret = Buffer.from(random.bytes(SECRET_BYTES)).toString("base64url");
  const text = `${PREFIXES[kind]}_${id}_${secret}`;
  return { id, text, hash: hashOf(text) };
}

/** The id that a token's text names; undefined for what is none of that kind. */
export function idOfToken(text: string, kind: TokenKind): string | undefined {
  const [, prefix, id] = FORM.exec(text) ?? [];
  return prefix === PREFIXES[kind] ? id : undefined;
}

/** Whether the text is the token of that hash; takes as long for every text. */
export function isTokenOf(text: string, hash: Buffer): boolean {
  return timingSafeEqual(hashOf(text), hash);
}

/** Its 256 random bits can't be searched for, so that no slow hash is needed. */
function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Whether a token holds for less than the whole node. */
export function isLimited({ space, prefix, key }: Token): boolean {
  return space !== null || prefix !== "" || key !== null;
}

/** Whether a token holds for a key. */
export function coversKey(token: Token, { space, key }: { space: string; key: string }): boolean {
  if (token.space !== null && token.space !== space) return false;
  return token.key === null ? key.startsWith(token.prefix) : token.key === key;
}
