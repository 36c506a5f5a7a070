import { type Clock, GstoreError, KEY_BYTES_MAX, parseKeyPrefix } from "@gstore/core";
import { type Static, Type } from "typebox";
import { parseDuration, TOKEN_LIFETIME_MS_MAX } from "../duration.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import type { IssuedTokenRecord, TokenRecord } from "../token-wire-types.ts";
import { TOKEN_ROLES, type Token, type TokenRole } from "../tokens/token.ts";
import type { TokenRequest } from "../tokens/token-store.ts";
import { rfc3339 } from "../wire.ts";

const NAME_LENGTH_MAX = 200;
const strict = { additionalProperties: false };
const text = Type.String();
const textOrNull = Type.Unsafe<string | null>({ type: ["string", "null"] });
const tokenFields = {
  ...{ id: text, name: textOrNull, role: text, space: textOrNull, prefix: text },
  ...{ created: text, expires: textOrNull },
};
const tokensSchema = Type.Unsafe<{ tokens: TokenRecord[] }>(
  Type.Object({ tokens: Type.Array(Type.Object(tokenFields)) }),
);
const issuedSchema = Type.Unsafe<IssuedTokenRecord>(Type.Object({ ...tokenFields, token: text }));
const idSchema = Type.Object({ id: text });
const idParams = Type.Object({ id: Type.String({ maxLength: 64 }) });
const tokenBody = Type.Object(
  {
    role: Type.Unsafe<TokenRole>({ enum: [...TOKEN_ROLES] }),
    space: Type.Optional(Type.String({ minLength: 1, maxLength: KEY_BYTES_MAX })),
    prefix: Type.Optional(Type.String({ maxLength: KEY_BYTES_MAX })),
    lifetime: Type.Optional(Type.String({ maxLength: 40 })),
    name: Type.Optional(Type.String({ minLength: 1, maxLength: NAME_LENGTH_MAX })),
  },
  strict,
);

/** The tokens of the HTTP API. */
export function registerTokens(app: GatewayServer, { tokens, clock }: GatewayContext): void {
  app.get("/v1/tokens", { schema: { response: { 200: tokensSchema } } }, async () => ({
    tokens: tokens.list("token").map(tokenRecord),
  }));
  app.post(
    "/v1/tokens",
    { schema: { body: tokenBody, response: { 200: issuedSchema } } },
    async ({ body }, reply) => {
      const { token, text: secret } = await tokens.create(requested(body, clock));
      reply.header("cache-control", "no-store");
      return { ...tokenRecord(token), token: secret };
    },
  );
  app.delete(
    "/v1/tokens/:id",
    { schema: { params: idParams, response: { 200: idSchema } } },
    async ({ params: { id } }) => ({ id: (await tokens.revoke(id, "token")).id }),
  );
}

function requested(body: Static<typeof tokenBody>, clock: Clock): TokenRequest {
  const { role, lifetime, name = null } = body;
  const prefix = parseKeyPrefix(body.prefix ?? "");
  // Keys of several spaces that happen to begin alike have nothing to do with each other.
  const space = body.space ?? (prefix === "" ? null : "main");
  if (role === "admin" && space !== null) {
    const message = "A token of an admin holds for the whole node: leave out space and prefix.";
    throw new GstoreError("INVALID_ARGUMENT", message);
  }
  return { role, space, prefix, name, key: null, expiresMs: expiryOf(lifetime, clock) };
}

function expiryOf(lifetime: string | undefined, clock: Clock): number | null {
  if (lifetime === undefined) return null;
  const ms = parseDuration(lifetime, TOKEN_LIFETIME_MS_MAX);
  if (ms > 0) return clock.now() + ms;
  throw new GstoreError("INVALID_ARGUMENT", "It has to last longer than nothing.");
}

function tokenRecord({ id, name, role, space, prefix, createdMs, expiresMs }: Token): TokenRecord {
  const expires = expiresMs === null ? null : rfc3339(expiresMs);
  return { id, name, role, space, prefix, created: rfc3339(createdMs), expires };
}
