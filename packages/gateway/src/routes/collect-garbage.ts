import { Type } from "typebox";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import type { GcRecord } from "../gc-wire-types.ts";
import { streamJob } from "../job-stream.ts";

const gcQuery = Type.Object({ dryRun: Type.Optional(Type.Boolean()) }, { additionalProperties: false });

/** POST /v1/gc: takes away what no version names any more, and tells how far it is. */
export function registerCollectGarbage(app: GatewayServer, context: GatewayContext): void {
  app.post("/v1/gc", { schema: { querystring: gcQuery } }, async ({ query }, reply) => {
    reply.hijack();
    await streamJob(context, reply.raw, async (signal, onProgress): Promise<GcRecord> => {
      return await context.node.collectGarbage({ signal, dryRun: query.dryRun, onProgress });
    });
    return reply;
  });
}
