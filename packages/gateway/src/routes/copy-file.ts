import { GstoreError, isGstoreError, KEY_BYTES_MAX, parseKeyName } from "@gstore/core";
import type { RestoreOptions, StoreResult } from "@gstore/server";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type Static, Type } from "typebox";
import { parseDuration } from "../duration.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { entityTag } from "../http-conditions.ts";
import { requestSignal } from "../request-signal.ts";
import { storeSchema } from "../schemas.ts";
import { otherKeys } from "../tcp/guard.ts";
import { coversKey } from "../tokens/token.ts";
import { storeAnswer } from "../wire.ts";
import type { StoreAnswer } from "../wire-types.ts";
import { underConditions } from "./write-file.ts";

const strict = { additionalProperties: false };
const keyText = Type.String({ minLength: 1, maxLength: KEY_BYTES_MAX });
const params = Type.Object({ space: Type.String({ minLength: 1, maxLength: KEY_BYTES_MAX }) });
const copyBody = Type.Object({ from: keyText, to: keyText }, strict);
const copyQuery = Type.Object(
  {
    wait: Type.Optional(Type.Union([Type.Literal("local"), Type.Literal("min"), Type.Literal("all")])),
    timeout: Type.Optional(Type.String({ maxLength: 40 })),
  },
  strict,
);

/** Copies and moves within a space: a new version of the other key with the same content, of which no byte is read or sent. */
export function registerCopyFile(app: GatewayServer, context: GatewayContext): void {
  const schema = { params, querystring: copyQuery, body: copyBody, response: { 200: storeSchema } };
  for (const what of ["copy", "move"] as const) {
    app.post(`/v1/spaces/:space/${what}`, { schema }, (request, reply) =>
      copyFile(context, { ...request.params, ...request.body, query: request.query, what, request, reply }),
    );
  }
}

interface Copying {
  readonly space: string;
  readonly from: string;
  readonly to: string;
  readonly query: Static<typeof copyQuery>;
  readonly what: "copy" | "move";
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

async function copyFile(context: GatewayContext, asked: Copying): Promise<StoreAnswer> {
  const { space, query, what, request, reply } = asked;
  const [from, to] = [parseKeyName(asked.from), parseKeyName(asked.to)];
  const { token } = request;
  for (const key of [from, to])
    if (token !== null && !coversKey(token, { space, key })) throw otherKeys(token);
  if (from === to)
    throw new GstoreError("INVALID_ARGUMENT", "A file can't be put in its own place.", { key: from });
  const { wait, timeout } = query;
  const options: RestoreOptions = {
    ...{ space, to },
    ...(wait === undefined ? {} : { wait }),
    ...(timeout === undefined ? {} : { waitTimeoutMs: parseDuration(timeout) }),
    signal: requestSignal(reply.raw),
  };
  // The conditions of the request are about the key that is written.
  const made = await underConditions(context, { space, key: to, request }, async () => {
    const { version } = await context.node.stat(from, { space });
    const result = await restoreAt(context, { from, version, options, isMove: what === "move" });
    if (what === "move") await removeMoved(context, { space, from, version });
    return result;
  });
  reply.header("etag", entityTag(made.version));
  return storeAnswer(made);
}

/** A copy that is on fewer nodes than asked is there all the same; the move goes on, and says so by its own answer. */
async function restoreAt(
  { node }: GatewayContext,
  {
    from,
    version,
    options,
    isMove,
  }: { from: string; version: string; options: RestoreOptions; isMove: boolean },
): Promise<StoreResult> {
  try {
    return await node.restore(from, version, options);
  } catch (error) {
    if (!isMove || !isGstoreError(error, "COPIES_NOT_REACHED")) throw error;
    const message = `${error.message} The file is at both keys: remove the old one once the copies are made.`;
    throw new GstoreError("COPIES_NOT_REACHED", message, { ...error.fields, cause: error });
  }
}

/** What was stored at the old key since it was copied stays there. */
async function removeMoved(
  { node }: GatewayContext,
  { space, from, version }: { space: string; from: string; version: string },
): Promise<void> {
  const now = await node.stat(from, { space });
  if (now.version !== version) {
    const message = `Another version of ${JSON.stringify(from)} was stored while it was moved. It stays; the version before is at the new key.`;
    throw new GstoreError("SOURCE_CHANGED", message, { key: from, version: now.version });
  }
  await node.remove(from, { space });
}
