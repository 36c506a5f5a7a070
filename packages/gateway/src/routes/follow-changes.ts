import type { ServerResponse } from "node:http";
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
  app.get("/v1/changes", ({ token }, reply) => {
    reply.hijack();
    followChanges(context, reply.raw, token);
  });
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
