import type { ServerResponse } from "node:http";
import type { GstoreError } from "@gstore/core";
import type { FastifyRequest } from "fastify";
import { asGstoreError, errorRecord, STATUS_OF_CODE } from "./error-reply.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { hasBegun, type StreamAnswer, sendStream } from "./send-stream.ts";

/** Sends an answer; where it fails half-way, the client can ask why. */
export async function sendOrTell(
  { failures, onFault }: GatewayContext,
  answer: StreamAnswer,
  request: FastifyRequest,
  response: ServerResponse,
): Promise<void> {
  try {
    await sendStream(response, answer);
  } catch (thrown) {
    const error = asGstoreError(thrown);
    if (error.code === "INTERNAL") onFault(thrown);
    failures.remember(request.headers["x-request-id"], errorRecord(error));
    if (!hasBegun(response)) sendError(response, error);
  }
}

/** An error in place of an answer that fastify no longer sends. */
function sendError(response: ServerResponse, error: GstoreError): void {
  const body = Buffer.from(JSON.stringify(errorRecord(error)));
  response.writeHead(STATUS_OF_CODE[error.code], {
    "content-type": "application/json",
    "content-length": body.length,
  });
  response.end(body);
}
