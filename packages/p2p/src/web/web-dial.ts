import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { abortedError, type Clock, GstoreError, HANDSHAKE_TIMEOUT_MS } from "@gstore/core";
import { type ClientOptions, WebSocket } from "ws";
import type { PeerAddress } from "../address.ts";
import { WEB_HEAD_BYTES_MAX } from "../limits.ts";
import { withTimeout } from "../with-timeout.ts";
import { connectThrough, type WebProxy } from "./web-proxy.ts";
import { WebSocketDuplex } from "./web-socket-duplex.ts";
import { WEB_PATH, WEB_SOCKET_OPTIONS } from "./web-socket-options.ts";

type CreateConnection = NonNullable<ClientOptions["createConnection"]>;

export interface WebDialOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Through which every WebSocket is dialled; null for none. */
  readonly proxy: WebProxy | null;
}

/**
 * Opens a WebSocket. What comes out has proved nothing: gstore's own TLS and handshake run on it. So the certificate of a
 * `wss` address is not looked at, which would keep nobody out and keep those in who sit behind a proxy that breaks TLS up.
 * Rejects with `PEER_UNREACHABLE`, `HANDSHAKE_FAILED`, or what the system says.
 */
export async function openWebSocket(address: PeerAddress, options: WebDialOptions): Promise<Duplex> {
  const { clock, proxy } = options;
  const error = (): Error => new GstoreError("PEER_UNREACHABLE", "It does not answer.", { retryable: true });
  const limit = withTimeout(clock, { signal: options.signal, timeoutMs: HANDSHAKE_TIMEOUT_MS, error });
  const { host, port, web } = address;
  const below = { host, port };
  try {
    const through = proxy === null ? null : await connectThrough(proxy, below, limit.signal);
    const servername = isIP(host) === 0 ? host : "";
    const tlsThrough = { servername, rejectUnauthorized: false };
    const connection = (): Duplex | null =>
      through === null || web === "ws" ? through : connectTls({ socket: through, ...tlsThrough });
    const socket = new WebSocket(`${web}://${host.includes(":") ? `[${host}]` : host}:${port}${WEB_PATH}`, {
      ...WEB_SOCKET_OPTIONS,
      ...(through === null ? {} : { createConnection: connection as unknown as CreateConnection }),
      followRedirects: false,
      rejectUnauthorized: false,
      maxHeaderSize: WEB_HEAD_BYTES_MAX,
    });
    return await opened(socket, { address, signal: limit.signal }).catch((cause: unknown) => {
      through?.destroy();
      throw cause;
    });
  } finally {
    limit.clear();
  }
}

async function opened(
  socket: WebSocket,
  { address, signal }: { readonly address: PeerAddress; readonly signal: AbortSignal },
): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const abort = (): void => {
    reject(abortedError(signal));
    socket.terminate();
  };
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  socket.on("error", reject);
  socket.once("unexpected-response", (asking, { statusCode }) => {
    reject(noSocketError(address, statusCode));
    asking.destroy();
  });
  socket.once("open", () => resolve(new WebSocketDuplex(socket)));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function noSocketError({ multiaddr }: PeerAddress, status: number | undefined): GstoreError {
  const at = String(multiaddr);
  const message = `What answers at ${at} is no gstore node (${status}). Check the address, and that a web server there passes ${WEB_PATH} on.`;
  return new GstoreError("HANDSHAKE_FAILED", message, { address: at });
}
