import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { streamJob } from "../job-stream.ts";
import type { VerifyRecord } from "../wire-types.ts";

/** POST /v1/verify: re-hashes the whole store and tells how far it is. */
export function registerVerifyStore(app: GatewayServer, context: GatewayContext): void {
  app.post("/v1/verify", async (_request, reply) => {
    reply.hijack();
    await streamJob(context, reply.raw, async (signal, onProgress): Promise<VerifyRecord> => {
      const { blobs, bytes, damaged, damagedSpans } = await context.node.verify({
        signal,
        onProgress: (progress) => onProgress({ blobs: progress.blobs, bytes: progress.bytes }),
      });
      return { blobs, bytes, damaged, damagedSpans };
    });
    return reply;
  });
}
