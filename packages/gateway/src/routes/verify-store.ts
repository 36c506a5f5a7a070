import type { ServerResponse } from "node:http";
import { abortedError } from "@gstore/core";
import { asGstoreError, errorRecord } from "../error-reply.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { requestSignal } from "../request-signal.ts";
import type { VerifyEvent } from "../wire-types.ts";

/** Progress lines are at least this far apart (ms): enough for an eye, and little for a wire. */
const PROGRESS_INTERVAL_MS = 100;

/** POST /v1/verify: re-hashes the whole store and tells how far it is, one JSON object a line. */
export function registerVerifyStore(app: GatewayServer, context: GatewayContext): void {
  app.post("/v1/verify", async (_request, reply) => {
    reply.hijack();
    await verify(context, reply.raw);
    return reply;
  });
}

async function verify(
  { node, clock, stopping, onFault }: GatewayContext,
  response: ServerResponse,
): Promise<void> {
  const signal = AbortSignal.any([requestSignal(response), stopping]);
  const write = (event: VerifyEvent): void => void response.write(`${JSON.stringify(event)}\n`);
  let lastMs = Number.NEGATIVE_INFINITY;
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  try {
    const { blobs, bytes, damaged, damagedSpans } = await node.verify({
      signal,
      onProgress: (progress) => {
        // A client that doesn't read gets less progress: nothing piles up here.
        if (clock.monotonic() - lastMs < PROGRESS_INTERVAL_MS || response.writableNeedDrain) return;
        lastMs = clock.monotonic();
        write({ type: "progress", blobs: progress.blobs, bytes: progress.bytes });
      },
    });
    write({ type: "report", blobs, bytes, damaged, damagedSpans });
  } catch (thrown) {
    const error = signal.aborted ? abortedError(signal) : asGstoreError(thrown);
    if (error.code === "INTERNAL") onFault(thrown);
    write({ type: "error", ...errorRecord(error) });
  }
  response.end();
}
