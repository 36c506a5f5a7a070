import type { ServerResponse } from "node:http";
import { GstoreError } from "@gstore/core";
import { answerError } from "../error-reply.ts";
import type { GatewayContext } from "../gateway-context.ts";
import type { GatewayServer } from "../gateway-server.ts";
import { coversKey, type Token } from "../tokens/token.ts";
import type { ChangeRecord } from "../wire-types.ts";

/** Bytes waiting for a client that reads too slowly; beyond it the client is cut off and has to begin again. */
const BACKLOG_BYTES_MAX = 1024 * 1024;
/** A comment this often (ms) shows both sides that the other is still there. */
const HEARTBEAT_MS = 15_000;

/** GET /v1/changes: server-sent events, one for each version that becomes visible here from now on. */
export function registerFollowChanges(app: GatewayServer, context: GatewayContext): void {
  app.get("/v1/changes", async (request, reply) => {
    const { token, headers } = request;
    if (!takesEvents(headers.accept)) {
      const error = new GstoreError(
        "INVALID_ARGUMENT",
        "Changes come as text/event-stream, and Accept takes none.",
      );
      answerError(error, { request, reply, onFault: context.onFault, status: NOT_ACCEPTABLE });
      return reply;
    }
    reply.hijack();
    followChanges(context, reply.raw, token);
    return reply;
  });
}

const NOT_ACCEPTABLE = 406;

/** Whether an Accept header takes server-sent events: by their type, and not with q=0 (RFC 9110 section 12.5.1). */
function takesEvents(accept = "*/*"): boolean {
  let best: { readonly exactness: number; readonly isTaken: boolean } = { exactness: -1, isTaken: false };
  for (const range of accept.split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const exactness = ["*/*", "text/*", "text/event-stream"].indexOf(type);
    if (exactness <= best.exactness) continue;
    best = { exactness, isTaken: !parameters.some((one) => /^q=0(\.0*)?$/.test(one)) };
  }
  return best.isTaken;
}

function followChanges(
  { node, clock, stopping }: GatewayContext,
  response: ServerResponse,
  token: Token | null,
): void {
  const send = (text: string): void => {
    if (response.writableLength > BACKLOG_BYTES_MAX) response.destroy();
    else response.write(text);
  };
  let cancelBeat = (): void => {};
  const beat = (): void => {
    send(": still here\n\n");
    cancelBeat = clock.after(HEARTBEAT_MS, beat);
  };
  const unsubscribe = node.on("change", ({ space, key, version, op, author }) => {
    if (token !== null && !coversKey(token, { space, key })) return;
    const change: ChangeRecord = { space, key, version, op, author };
    send(`event: change\nid: ${version}\ndata: ${JSON.stringify(change)}\n\n`);
  });
  const end = (): void => void response.end();
  response.once("close", () => {
    unsubscribe();
    cancelBeat();
    stopping.removeEventListener("abort", end);
  });
  stopping.addEventListener("abort", end);
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  beat();
}
