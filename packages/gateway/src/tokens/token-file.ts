import { GstoreError } from "@gstore/core";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { TOKEN_ROLES, type Token, type TokenRole } from "./token.ts";

/** A token as the node keeps it: the secret itself is not kept. */
export interface KeptToken extends Token {
  readonly hash: Buffer;
}

/** Tokens, and share links, that a node keeps: each is looked up by its id, and the file is written as a whole. */
export const TOKENS_MAX = 256;
export const SHARES_MAX = 4096;

const FORMAT = "gstore-http-tokens";
const VERSION = 1;

const textOrNull = Type.Union([Type.String(), Type.Null()]);
const tokenSchema = Type.Object(
  {
    id: Type.String({ pattern: "^[0-9a-f]{16}$" }),
    name: textOrNull,
    role: Type.Unsafe<TokenRole>({ enum: [...TOKEN_ROLES] }),
    space: textOrNull,
    prefix: Type.String(),
    key: textOrNull,
    createdMs: Type.Integer(),
    expiresMs: Type.Union([Type.Integer(), Type.Null()]),
    hash: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  },
  { additionalProperties: false },
);
const fileSchema = Type.Object(
  {
    format: Type.Literal(FORMAT),
    version: Type.Literal(VERSION),
    tokens: Type.Array(tokenSchema, { maxItems: TOKENS_MAX + SHARES_MAX }),
  },
  { additionalProperties: false },
);

export function encodeTokens(tokens: readonly KeptToken[]): Uint8Array {
  const kept = tokens.map((token) => ({ ...token, hash: token.hash.toString("hex") }));
  const content: Static<typeof fileSchema> = { format: FORMAT, version: VERSION, tokens: kept };
  return Buffer.from(`${JSON.stringify(content, null, 2)}\n`);
}

/** Throws `STORE_DAMAGED`, or `UNSUPPORTED_VERSION` for a file that a newer gstore wrote. */
export function decodeTokens(bytes: Uint8Array, path: string): KeptToken[] {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    throw damaged(path);
  }
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format === FORMAT && typeof version === "number" && version > VERSION) {
    const message = `The file ${path} was written by a newer gstore. Update gstore on this node.`;
    throw new GstoreError("UNSUPPORTED_VERSION", message, { path });
  }
  if (!Value.Check(fileSchema, value)) throw damaged(path);
  const { tokens } = value as Static<typeof fileSchema>;
  return tokens.map((token) => ({ ...token, hash: Buffer.from(token.hash, "hex") }));
}

function damaged(path: string): GstoreError {
  const message = `The file ${path} is damaged, and no token of the HTTP API is accepted. Remove it, start the node again, and make the tokens anew.`;
  return new GstoreError("STORE_DAMAGED", message, { path });
}
