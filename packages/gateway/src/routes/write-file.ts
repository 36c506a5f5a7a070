import type { IncomingHttpHeaders } from "node:http";
import { GstoreError, isGstoreError, MEMBERS_MAX } from "@gstore/core";
import type { StoreOptions } from "@gstore/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { hasRole } from "../access.ts";
import { parseDuration } from "../duration.ts";
import { storeOptionsOfHeaders } from "../file-headers.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { type CurrentVersion, entityTag, evaluateConditions, isConditional } from "../http-conditions.ts";
import { KEYS_PATH, keyOfUrl } from "../key-of-url.ts";
import { bodyOf } from "../request-body.ts";
import { requestSignal } from "../request-signal.ts";
import { removeSchema, storeSchema } from "../schemas.ts";
import { storeAnswer } from "../wire.ts";
import type { RemoveAnswer, StoreAnswer } from "../wire-types.ts";

const putQuery = Type.Object(
  {
    wait: Type.Optional(Type.Union([Type.Literal("local"), Type.Literal("min"), Type.Literal("all")])),
    copies: Type.Optional(Type.Integer({ minimum: 1, maximum: MEMBERS_MAX })),
    timeout: Type.Optional(Type.String({ maxLength: 40 })),
  },
  { additionalProperties: false },
);

const deleteQuery = Type.Object({ history: Type.Optional(Type.Boolean()) }, { additionalProperties: false });

/** PUT and DELETE of a key. */
export function registerWriteFile(app: GatewayServer, context: GatewayContext): void {
  // The body goes to the store as it comes, whatever its type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.put(
    `${KEYS_PATH}/*`,
    { schema: { querystring: putQuery, response: { 200: storeSchema, 201: storeSchema } } },
    (request, reply) => putFile(context, { request, reply, query: request.query }),
  );
  app.delete(
    `${KEYS_PATH}/*`,
    { schema: { querystring: deleteQuery, response: { 200: removeSchema } } },
    (request, reply) => deleteFile(context, { request, reply, query: request.query }),
  );
}

async function putFile(
  context: GatewayContext,
  { request, reply, query }: { request: FastifyRequest; reply: FastifyReply; query: Static<typeof putQuery> },
): Promise<StoreAnswer> {
  const { node } = context;
  refusePart(request.headers);
  const { space, key } = keyOfUrl(request.raw.url ?? "");
  const { wait, copies, timeout } = query;
  const options: StoreOptions = {
    ...storeOptionsOfHeaders(request.headers),
    space,
    ...(wait === undefined ? {} : { wait }),
    ...(copies === undefined ? {} : { copies }),
    ...(timeout === undefined ? {} : { waitTimeoutMs: parseDuration(timeout) }),
    signal: requestSignal(reply.raw),
  };
  const result = await underConditions(context, { space, key, request }, () =>
    node.store(key, bodyOf(request.raw), options),
  );
  reply.code(result.isNew ? 201 : 200).header("etag", entityTag(result.version));
  return storeAnswer(result);
}

/** What would be stored as if it were the file itself (RFC 9110 sections 14.5 and 8.4). */
function refusePart(headers: IncomingHttpHeaders): void {
  if (headers["content-range"] !== undefined) {
    const message = "A part of a file can't be stored by PUT. Upload it in pieces: docs/spec/http.md";
    throw new GstoreError("INVALID_ARGUMENT", message);
  }
  const coding = headers["content-encoding"];
  if (coding === undefined || coding.toLowerCase() === "identity") return;
  const message = `The body is encoded (${coding.slice(0, 40)}), and would be stored so. Send it as it is.`;
  throw new GstoreError("INVALID_ARGUMENT", message);
}

async function deleteFile(
  context: GatewayContext,
  {
    request,
    reply,
    query,
  }: { request: FastifyRequest; reply: FastifyReply; query: Static<typeof deleteQuery> },
): Promise<RemoveAnswer> {
  const { space, key } = keyOfUrl(request.raw.url ?? "");
  const { token } = request;
  if (query.history === true && token !== null && !hasRole(token, "admin")) {
    const message = "What history=true destroys can't be restored: it needs the token of an admin.";
    throw new GstoreError("REQUEST_REFUSED", message);
  }
  const signal = requestSignal(reply.raw);
  const removed = await underConditions(context, { space, key, request }, () =>
    context.node.remove(key, { space, history: query.history ?? false, signal }),
  );
  return { key: removed.key, version: removed.version };
}

/** Does the work if the request's conditions hold, and no other conditional write of this key in between. */
export function underConditions<T>(
  { node, locks }: GatewayContext,
  { space, key, request }: { space: string; key: string; request: FastifyRequest },
  work: () => Promise<T>,
): Promise<T> {
  if (!isConditional(request.headers)) return work();
  return locks.run(`${space}\0${key}`, async () => {
    const current = await currentVersion();
    if (evaluateConditions(request.headers, current, "write") === "failed") {
      const found = current === null ? {} : { version: current.version };
      const reason = current === null ? "there is none." : "the key holds another one.";
      throw new GstoreError("ALREADY_EXISTS", `The request names a version, and ${reason}`, {
        key,
        ...found,
      });
    }
    return work();
  });

  async function currentVersion(): Promise<CurrentVersion | null> {
    try {
      return await node.stat(key, { space });
    } catch (error) {
      if (isGstoreError(error, "KEY_NOT_FOUND")) return null;
      throw error;
    }
  }
}
