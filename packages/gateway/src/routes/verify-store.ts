import { Type } from "typebox";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { streamJob } from "../job-stream.ts";
import type { VerifyRecord } from "../wire-types.ts";

const verifyQuery = Type.Object(
  { repair: Type.Optional(Type.Union([Type.Literal("true"), Type.Literal("false")])) },
  { additionalProperties: false },
);

/** POST /v1/verify: re-hashes the whole store, has repaired what is damaged where asked to, and tells how far it is. */
export function registerVerifyStore(app: GatewayServer, context: GatewayContext): void {
  app.post("/v1/verify", { schema: { querystring: verifyQuery } }, async ({ query }, reply) => {
    reply.hijack();
    await streamJob(
      context,
      reply.raw,
      async (signal, onProgress): Promise<VerifyRecord> =>
        await context.node.verify({
          signal,
          repair: query.repair === "true",
          onProgress: (progress) => onProgress({ blobs: progress.blobs, bytes: progress.bytes }),
        }),
    );
    return reply;
  });
}
