import { GstoreError } from "@gstore/core";
import { Type } from "typebox";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import type { SessionCodeRecord, SessionRecord } from "../session-wire-types.ts";
import { setCookie } from "../sessions/session-cookie.ts";
import { SESSION_MS } from "../sessions/session-limits.ts";
import { TOKEN_ROLES, type Token, type TokenRole } from "../tokens/token.ts";
import { rfc3339 } from "../wire.ts";

const strict = { additionalProperties: false };
const text = Type.String();
const codeBody = Type.Object(
  { role: Type.Optional(Type.Unsafe<TokenRole>({ enum: [...TOKEN_ROLES] })) },
  strict,
);
const codeSchema = Type.Unsafe<SessionCodeRecord>(
  Type.Object({ code: text, role: text, expires: text, url: text }),
);
const sessionFields = { id: text, role: text, expires: text };
const sessionSchema = Type.Unsafe<SessionRecord>(Type.Object(sessionFields));
const openedSchema = Type.Unsafe<SessionRecord & { readonly key: string }>(
  Type.Object({ ...sessionFields, key: text }),
);
const openBody = Type.Object({ code: Type.String({ maxLength: 100 }) }, strict);

/** How a browser signs in to the page: a code, made by whoever may do everything, is traded for a cookie. */
export function registerSessions(app: GatewayServer, context: GatewayContext): void {
  const { sessions, portOf, url } = context;
  app.post(
    "/v1/sessions/codes",
    { schema: { body: codeBody, response: { 200: codeSchema } } },
    async ({ body }, reply) => {
      const base = url();
      if (base === null) {
        const message = "This node serves no port, where its page would be: gstore up --http 4080";
        throw new GstoreError("REQUEST_REFUSED", message);
      }
      const { role = "admin" } = body;
      const { code, expiresMs } = sessions.makeCode(role);
      reply.header("cache-control", "no-store");
      // Behind the #, so that it stands in no log of requests and in no Referer.
      return { code, role, expires: rfc3339(expiresMs), url: `${base}/#code=${code}` };
    },
  );
  app.post(
    "/v1/session",
    { schema: { body: openBody, response: { 200: openedSchema } } },
    async ({ body, raw }, reply) => {
      const port = portOf(raw);
      if (port === undefined)
        throw new GstoreError("REQUEST_REFUSED", "Sessions are for browsers, at the port.");
      const { session, cookie, key } = sessions.open(body.code);
      const maxAgeSeconds = SESSION_MS / 1000;
      reply.header("set-cookie", setCookie(raw, port, { value: cookie, maxAgeSeconds }));
      return { ...sessionRecord(session), key };
    },
  );
  app.get("/v1/session", { schema: { response: { 200: sessionSchema } } }, async ({ token }) =>
    sessionRecord(ofSession(token)),
  );
  app.delete(
    "/v1/session",
    { schema: { response: { 200: Type.Object({ id: text }) } } },
    async ({ token, raw }, reply) => {
      const { id } = ofSession(token);
      const port = portOf(raw);
      if (port !== undefined) {
        reply.header("set-cookie", setCookie(raw, port, { value: "", maxAgeSeconds: 0 }));
        // This answer is one of those that end with the session.
        reply.raw.once("finish", () => sessions.end(id));
      }
      return { id };
    },
  );

  function ofSession(token: Token | null): Token {
    if (token !== null && sessions.has(token.id)) return token;
    throw new GstoreError("INVALID_ARGUMENT", "The request comes with no session of the page.");
  }
}

function sessionRecord({ id, role, expiresMs }: Token): SessionRecord {
  return { id, role, expires: rfc3339(expiresMs ?? 0) };
}
