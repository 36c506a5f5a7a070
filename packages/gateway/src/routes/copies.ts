import { KEY_BYTES_MAX, MEMBERS_MAX } from "@gstore/core";
import type { ShortVersion } from "@gstore/server";
import { Type } from "typebox";
import { planRecord, safetyRecord, shortVersionRecord, whereisAnswer } from "../copies-wire.ts";
import type { DrainRecord } from "../copies-wire-types.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { streamJob } from "../job-stream.ts";
import { COPIES_PATH, keyOfUrl } from "../key-of-url.ts";
import { requestSignal } from "../request-signal.ts";
import { VERSION_LENGTH_MAX, whereisSchema } from "../schemas.ts";

const whereisQuery = Type.Object(
  { version: Type.Optional(Type.String({ maxLength: VERSION_LENGTH_MAX })) },
  { additionalProperties: false },
);

const walkFields = {
  space: Type.Optional(Type.String({ maxLength: KEY_BYTES_MAX })),
  prefix: Type.Optional(Type.String({ maxLength: KEY_BYTES_MAX })),
};
const safeBody = Type.Object(
  { ...walkFields, all: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
);
const planBody = Type.Object(
  {
    ...walkFields,
    without: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: MEMBERS_MAX }),
  },
  { additionalProperties: false },
);

/** Where copies are. */
export function registerCopies(app: GatewayServer, context: GatewayContext): void {
  const { node } = context;
  app.post("/v1/safe", { schema: { body: safeBody } }, async ({ body: { all, ...walk } }, reply) => {
    reply.hijack();
    await streamJob(context, reply.raw, async (signal, onProgress, tell) => {
      const onShort = (version: ShortVersion): Promise<void> => tell("short", shortVersionRecord(version));
      return safetyRecord(await node.safe({ ...walk, signal, onProgress, ...(all === true && { onShort }) }));
    });
    return reply;
  });
  app.post("/v1/drain", async (_request, reply) => {
    reply.hijack();
    await streamJob(context, reply.raw, async (signal, onProgress): Promise<DrainRecord> => {
      const report = await node.drain({ signal, onProgress });
      return { id: node.id, name: node.name, ...report };
    });
    return reply;
  });
  app.post("/v1/plan", { schema: { body: planBody } }, async ({ body }, reply) => {
    reply.hijack();
    await streamJob(context, reply.raw, async (signal, onProgress) =>
      planRecord(await node.plan({ ...body, signal, onProgress })),
    );
    return reply;
  });
  app.get(
    `${COPIES_PATH}/*`,
    { schema: { querystring: whereisQuery, response: { 200: whereisSchema } } },
    async ({ raw, query }, reply) => {
      const { space, key } = keyOfUrl(raw.url ?? "");
      const signal = requestSignal(reply.raw);
      return whereisAnswer(await node.whereis(key, { space, signal, ...query }));
    },
  );
}
