import { GstoreError, KEY_BYTES_MAX, parseKeyPrefix, VERSIONS_PAGE_MAX } from "@gstore/core";
import type { RestoreOptions } from "@gstore/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { parseDuration } from "../duration.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { entityTag } from "../http-conditions.ts";
import { CONFLICTS_PATH, keyOfUrl, RECENT_PATH, VERSIONS_PATH } from "../key-of-url.ts";
import { recentSchema } from "../recent-schema.ts";
import { requestSignal } from "../request-signal.ts";
import {
  conflictsSchema,
  purgeSchema,
  restoreSchema,
  VERSION_LENGTH_MAX,
  versionsSchema,
} from "../schemas.ts";
import { conflictRecord, purgeRecord, recentRecord, restoreAnswer, versionRecord } from "../wire.ts";
import type { RestoreAnswer } from "../wire-types.ts";

const strict = { additionalProperties: false };
const versionText = Type.String({ maxLength: VERSION_LENGTH_MAX });
const keyText = Type.String({ maxLength: KEY_BYTES_MAX });
const pageLimit = Type.Optional(Type.Integer({ minimum: 1, maximum: VERSIONS_PAGE_MAX }));

const versionsQuery = Type.Object({ after: Type.Optional(versionText), limit: pageLimit }, strict);
const conflictsParams = Type.Object({ space: keyText });
const conflictsQuery = Type.Object(
  { prefix: Type.Optional(keyText), after: Type.Optional(keyText), limit: pageLimit },
  strict,
);
const recentQuery = Type.Object(
  {
    prefix: Type.Optional(keyText),
    removed: Type.Optional(Type.Boolean()),
    before: Type.Optional(Type.String({ maxLength: 15 })),
    limit: pageLimit,
  },
  strict,
);
const restoreBody = Type.Object(
  { restore: Type.Optional(versionText), resolve: Type.Optional(versionText) },
  strict,
);
const restoreQuery = Type.Object(
  {
    wait: Type.Optional(Type.Union([Type.Literal("local"), Type.Literal("min"), Type.Literal("all")])),
    timeout: Type.Optional(Type.String({ maxLength: 40 })),
  },
  strict,
);

const purgeQuery = Type.Object({ timeout: Type.Optional(Type.String({ maxLength: 40 })) }, strict);

/** What keys held before, and which of several versions they shall hold now. */
export function registerHistory(app: GatewayServer, context: GatewayContext): void {
  const { node } = context;
  app.get(
    `${VERSIONS_PATH}/*`,
    { schema: { querystring: versionsQuery, response: { 200: versionsSchema } } },
    async ({ raw, query }, reply) => {
      const { space, key } = keyOfUrl(raw.url ?? "");
      const signal = requestSignal(reply.raw);
      const { items, next } = await node.versions(key, { space, signal, ...query });
      return { items: items.map(versionRecord), next };
    },
  );
  app.post(
    `${VERSIONS_PATH}/*`,
    { schema: { querystring: restoreQuery, body: restoreBody, response: { 200: restoreSchema } } },
    (request, reply) => makeVersion(context, { request, reply, query: request.query, body: request.body }),
  );
  app.delete(
    `${VERSIONS_PATH}/*`,
    { schema: { querystring: purgeQuery, response: { 200: purgeSchema } } },
    async ({ raw, query: { timeout } }, reply) => {
      const { space, key } = keyOfUrl(raw.url ?? "");
      const signal = requestSignal(reply.raw);
      const wait = timeout === undefined ? {} : { timeoutMs: parseDuration(timeout) };
      return purgeRecord(await node.purge(key, { space, signal, ...wait }));
    },
  );
  app.get(
    CONFLICTS_PATH,
    {
      schema: { params: conflictsParams, querystring: conflictsQuery, response: { 200: conflictsSchema } },
    },
    async ({ params: { space }, query: { prefix = "", ...options } }, reply) => {
      const signal = requestSignal(reply.raw);
      const { items, next } = await node.conflicts(parseKeyPrefix(prefix), { space, signal, ...options });
      return { items: items.map(conflictRecord), next };
    },
  );
}

/** What arrived last, also before anybody looked. */
export function registerRecent(app: GatewayServer, { node }: GatewayContext): void {
  const schema = { params: conflictsParams, querystring: recentQuery, response: { 200: recentSchema } };
  app.get(
    RECENT_PATH,
    { schema },
    async ({ params: { space }, query: { prefix = "", ...options } }, reply) => {
      const signal = requestSignal(reply.raw);
      const { items, next } = await node.recent(parseKeyPrefix(prefix), { space, signal, ...options });
      return { items: items.map(recentRecord), next };
    },
  );
}

async function makeVersion(
  { node }: GatewayContext,
  {
    request,
    reply,
    query: { wait, timeout },
    body: { restore, resolve },
  }: {
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
    readonly query: Static<typeof restoreQuery>;
    readonly body: Static<typeof restoreBody>;
  },
): Promise<RestoreAnswer> {
  const { space, key } = keyOfUrl(request.raw.url ?? "");
  const options: RestoreOptions = {
    space,
    ...(wait === undefined ? {} : { wait }),
    ...(timeout === undefined ? {} : { waitTimeoutMs: parseDuration(timeout) }),
    signal: requestSignal(reply.raw),
  };
  if ((restore === undefined) === (resolve === undefined))
    throw new GstoreError(
      "INVALID_ARGUMENT",
      "Name a version to restore, or one to resolve a conflict with.",
    );
  const made =
    restore === undefined
      ? await node.resolve(key, resolve ?? "", options)
      : { op: "put" as const, ...(await node.restore(key, restore, options)) };
  reply.header("etag", entityTag(made.version));
  return restoreAnswer(made);
}
