import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { isIP, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { GstoreError } from "@gstore/core";
import type { OwnNames } from "./same-site.ts";
import {
  CONNECTION_LIMITS,
  type ConnectionLimits,
  HTTP_PORT,
  PORTS_TRIED_MAX,
  TCP_HEAD_BYTES_MAX,
} from "./tcp-limits.ts";

/** Where the HTTP API is served besides the control socket. */
export interface HttpOptions {
  /** Without it: port 4080 of the loopback address, or the next one that is free. */
  readonly address?: { readonly host: string; readonly port: number };
  /** Names that it is reached by, besides its address and localhost. */
  readonly names?: readonly string[];
  /** Certificate and key in PEM. Without them nothing but the machine itself is served. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** Serves others in clear all the same: they and all in between see the token. */
  readonly isInsecure?: boolean;
  /** What differs from the usual limits of connections. */
  readonly limits?: Partial<ConnectionLimits>;
}

/** The port as it is open. */
export interface TcpServer {
  readonly url: string;
  /** The same as others reach it: by the first of the names that it was given, or by an address of this machine. */
  readonly publicUrl: string;
  /** Takes no more connections; resolves when those that there are have ended. */
  close(): Promise<void>;
  closeAllConnections(): void;
}

const LOOPBACK = "127.0.0.1";

/** Throws `INVALID_ARGUMENT` for an address that others reach, in clear. */
function refuseInClear({ address, tls, isInsecure = false }: HttpOptions): void {
  const host = address?.host ?? LOOPBACK;
  if (tls !== undefined || isInsecure || isLoopback(host)) return;
  const message = `The HTTP API at ${host} would be in clear, tokens too. Give --http-cert and --http-key, or --insecure-http behind a proxy that does TLS.`;
  throw new GstoreError("INVALID_ARGUMENT", message, { address: host });
}

/** Opens the port. Rejects with `ADDRESS_IN_USE` or `INVALID_ARGUMENT`. */
export async function openTcpServer(
  options: HttpOptions,
  { handle, opened }: { handle: RequestListener; opened: (request: IncomingMessage, port: OwnNames) => void },
): Promise<TcpServer> {
  refuseInClear(options);
  const { address, tls, names = [], limits } = options;
  const host = address?.host ?? LOOPBACK;
  const scheme = tls === undefined ? "http" : "https";
  const own: OwnNames = {
    scheme,
    names: new Set([host, "localhost", ...names].map((name) => name.toLowerCase())),
  };
  const busy = new WeakMap<Socket, ServerResponse>();
  const taken: RequestListener = (request, response) => {
    busy.set(request.socket, response);
    opened(request, own);
    handle(request, response);
  };
  const server = makeServer(tls, { ...CONNECTION_LIMITS, ...limits }, taken);
  // Whoever waits with its body is told to go on by whoever is about to read it (see `registerGuard`).
  server.on("checkContinue", taken);
  server.on("timeout", (socket: Socket) => {
    if (!isWaitingForUs(busy.get(socket))) socket.destroy();
  });
  const port = address === undefined ? await listenNear(server) : await listenAt(server, address);
  const shown = inUrl(host);
  return {
    url: `${scheme}://${shown}:${port}`,
    publicUrl: `${scheme}://${names[0] ?? inUrl(reachableAt(host))}:${port}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
    closeAllConnections: () => server.closeAllConnections(),
  };
}

function inUrl(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** An address at which a server is reached that listens at `host`: at all of them where that is none of its own. */
function reachableAt(host: string): string {
  if (host !== "0.0.0.0" && host !== "::") return host;
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const outer = all.filter(({ internal, address }) => !internal && !/^fe80:|^169\.254\./i.test(address));
  const [first] = [...outer.filter(({ family }) => family === "IPv4"), ...(host === "::" ? outer : [])];
  return first?.address ?? LOOPBACK;
}

function makeServer(
  tls: HttpOptions["tls"],
  { connectionsMax, headTimeoutMs, idleTimeoutMs, stallTimeoutMs }: ConnectionLimits,
  handle: RequestListener,
): Server {
  const common = {
    maxHeaderSize: TCP_HEAD_BYTES_MAX,
    headersTimeout: headTimeoutMs,
    // Node looks for slow heads only every 30 s unless it is told otherwise.
    connectionsCheckingInterval: headTimeoutMs / 4,
    keepAliveTimeout: idleTimeoutMs,
    // A 10 GiB file takes as long as it takes; a client that stalls is told by the timeout below.
    requestTimeout: 0,
  };
  const server =
    tls === undefined
      ? createServer(common, handle)
      : createTls({ ...common, ...tls, minVersion: "TLSv1.2", handshakeTimeout: headTimeoutMs }, handle);
  server.maxConnections = connectionsMax;
  server.timeout = stallTimeoutMs;
  return server;
}

function createTls(options: Parameters<typeof createTlsServer>[0], handle: RequestListener): Server {
  try {
    return createTlsServer(options, handle) as unknown as Server;
  } catch (cause) {
    const message = `The certificate or key of the HTTP API can't be used: ${(cause as Error).message}`;
    throw new GstoreError("INVALID_ARGUMENT", message, { cause });
  }
}

/** Whether nothing moves because the node has not answered yet: a put waits for its copies, a job for its next line. */
function isWaitingForUs(response: ServerResponse | undefined): boolean {
  if (response === undefined || response.writableEnded) return false;
  return response.req.complete && !response.writableNeedDrain;
}

async function listenNear(server: Server): Promise<number> {
  for (let port = HTTP_PORT; ; port++) {
    try {
      return await listen(server, { host: LOOPBACK, port });
    } catch (error) {
      if (!isTaken(error) || port >= HTTP_PORT + PORTS_TRIED_MAX)
        throw coded(error, { host: LOOPBACK, port });
    }
  }
}

async function listenAt(server: Server, address: { host: string; port: number }): Promise<number> {
  try {
    return await listen(server, address);
  } catch (error) {
    throw coded(error, address);
  }
}

function listen(server: Server, address: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, () => {
      server.off("error", reject);
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : address.port);
    });
  });
}

function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EADDRINUSE";
}

function coded(cause: unknown, { host, port }: { host: string; port: number }): GstoreError {
  const address = `${host}:${port}`;
  if (isTaken(cause)) {
    const message = `Another program listens at ${address}. Serve the HTTP API elsewhere: gstore up --http PORT, or --http off`;
    return new GstoreError("ADDRESS_IN_USE", message, { address, cause });
  }
  const systemCode = String((cause as NodeJS.ErrnoException).code);
  const message = `The HTTP API can't be served at ${address} (${systemCode}).`;
  return new GstoreError("INVALID_ARGUMENT", message, { address, systemCode, cause });
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}
