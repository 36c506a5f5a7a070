import { type Clock, GstoreError, KEY_BYTES_MAX, parseKeyName, parseKeyPrefix } from "@gstore/core";
import { type Static, Type } from "typebox";
import { parseDuration, TOKEN_LIFETIME_MS_MAX } from "../duration.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { requestSignal } from "../request-signal.ts";
import type { IssuedShareRecord, IssuedTokenRecord, ShareRecord, TokenRecord } from "../token-wire-types.ts";
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
const shareFields = { id: text, space: text, key: text, created: text, expires: textOrNull };
const sharesSchema = Type.Unsafe<{ shares: ShareRecord[] }>(
  Type.Object({ shares: Type.Array(Type.Object(shareFields)) }),
);
const issuedShareSchema = Type.Unsafe<IssuedShareRecord>(Type.Object({ ...shareFields, url: text }));
const shareBody = Type.Object(
  {
    space: Type.Optional(Type.String({ minLength: 1, maxLength: KEY_BYTES_MAX })),
    key: Type.String({ minLength: 1, maxLength: KEY_BYTES_MAX }),
    lifetime: Type.Optional(Type.String({ maxLength: 40 })),
  },
  strict,
);
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

/** The tokens of the HTTP API, and the links that it shares single files by. */
export function registerTokens(app: GatewayServer, context: GatewayContext): void {
  const { tokens, clock } = context;
  registerShares(app, context);
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

function registerShares(app: GatewayServer, { tokens, clock, node, url }: GatewayContext): void {
  app.get("/v1/shares", { schema: { response: { 200: sharesSchema } } }, async () => ({
    shares: tokens.list("share").map(shareRecord),
  }));
  app.post(
    "/v1/shares",
    { schema: { body: shareBody, response: { 200: issuedShareSchema } } },
    async ({ body }, reply) => {
      const base = url();
      if (base === null) {
        const message = "This node serves no port, where a link could lead: gstore up --http 4080";
        throw new GstoreError("REQUEST_REFUSED", message);
      }
      const { space = "main", lifetime } = body;
      const { key } = await node.stat(parseKeyName(body.key), { space, signal: requestSignal(reply.raw) });
      const given = { role: "reader" as const, space, prefix: "", name: null, key };
      const { token, text: secret } = await tokens.create({ ...given, expiresMs: expiryOf(lifetime, clock) });
      reply.header("cache-control", "no-store");
      return { ...shareRecord(token), url: `${base}/s/${secret}` };
    },
  );
  app.delete(
    "/v1/shares/:id",
    { schema: { params: idParams, response: { 200: idSchema } } },
    async ({ params: { id } }) => ({ id: (await tokens.revoke(id, "share")).id }),
  );
}

function shareRecord({ id, space, key, createdMs, expiresMs }: Token): ShareRecord {
  const expires = expiresMs === null ? null : rfc3339(expiresMs);
  return { id, space: space ?? "main", key: key ?? "", created: rfc3339(createdMs), expires };
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
