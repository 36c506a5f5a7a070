import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { HANDSHAKE_TIMEOUT_MS } from "@gstore/core";
import { WebSocketServer } from "ws";
import { WEB_HEAD_BYTES_MAX } from "../limits.ts";
import type { AdmittedLink, TlsEndpoint } from "../tls-endpoint.ts";
import { WebSocketDuplex } from "./web-socket-duplex.ts";
import { WEB_PATH, WEB_SOCKET_OPTIONS } from "./web-socket-options.ts";

/**
 * A server, not listening yet, for links in WebSockets. From its first byte on a connection is counted and timed as one on
 * TCP is; what it says in HTTP is one request, at one path, and no page's: browsers name the page in `Origin`.
 */
export function createWebServer(endpoint: TlsEndpoint, admitted: (admitted: AdmittedLink) => void): Server {
  const sockets = new WebSocketServer({ ...WEB_SOCKET_OPTIONS, noServer: true, clientTracking: false });
  const timeouts = { headersTimeout: HANDSHAKE_TIMEOUT_MS, requestTimeout: HANDSHAKE_TIMEOUT_MS };
  const server = createServer({ ...timeouts, maxHeaderSize: WEB_HEAD_BYTES_MAX }, (request, response) => {
    response.writeHead(404, { connection: "close", "content-length": 0 }).end();
    request.resume();
  });
  server.maxRequestsPerSocket = 1;
  const strangers = new WeakMap<Duplex, () => void>();
  // Before node:http sees the socket, so that a flood costs no parsers.
  server.prependListener("connection", (socket: Socket) => {
    const leave = endpoint.enter(socket);
    if (leave !== null) strangers.set(socket, leave);
  });
  server.on("clientError", (_error, socket) => socket.destroy());
  server.on("upgrade", (request, socket, head) => {
    const leave = strangers.get(socket);
    const refusal = refusalOf(request);
    if (leave === undefined || refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const { remoteAddress: host = "", remotePort: port = 0 } = request.socket;
    sockets.handleUpgrade(request, socket, head, (opened) => {
      const way = { host, port, relay: null, punched: false, web: "ws" as const };
      endpoint.acceptOn(new WebSocketDuplex(opened), { ...way, alpn: endpoint.spoken(), leave }, admitted);
    });
  });
  return server;
}

/** Why a request is none for a WebSocket of gstore; null where it is one. */
function refusalOf({ url, headers }: IncomingMessage): string | null {
  if (headers.origin !== undefined) return "403 Forbidden";
  return url === WEB_PATH ? null : "404 Not Found";
}
