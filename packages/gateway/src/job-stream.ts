import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { abortedError } from "@gstore/core";
import { asGstoreError, errorRecord } from "./error-reply.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { requestSignal } from "./request-signal.ts";

/** Progress lines are at least this far apart (ms): enough for an eye, and little for a wire. */
const PROGRESS_INTERVAL_MS = 100;

/** Writes an event that every client is to see, at the pace at which this one reads. */
export type Tell = (type: string, event: object) => Promise<void>;

/**
 * Answers with what a long job tells, one JSON object a line: its progress now and then, and at the end its report or an
 * error record. The job's signal fires when the client goes away or the gateway stops.
 */
export async function streamJob(
  { clock, stopping, onFault }: GatewayContext,
  response: ServerResponse,
  job: (signal: AbortSignal, onProgress: (event: object) => void, tell: Tell) => Promise<object>,
): Promise<void> {
  const signal = AbortSignal.any([requestSignal(response), stopping]);
  const write = (type: string, event: object): boolean =>
    response.write(`${JSON.stringify({ type, ...event })}\n`);
  const tell: Tell = async (type, event) => {
    if (!write(type, event)) await once(response, "drain", { signal });
  };
  let lastMs = Number.NEGATIVE_INFINITY;
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  try {
    const report = await job(
      signal,
      (event) => {
        // A client that doesn't read gets less progress: nothing piles up here.
        if (clock.monotonic() - lastMs < PROGRESS_INTERVAL_MS || response.writableNeedDrain) return;
        lastMs = clock.monotonic();
        write("progress", event);
      },
      tell,
    );
    write("report", report);
  } catch (thrown) {
    const error = signal.aborted ? abortedError(signal) : asGstoreError(thrown);
    if (error.code === "INTERNAL") onFault(thrown);
    write("error", errorRecord(error));
  }
  response.end();
}
