import type { IncomingMessage } from "node:http";
import { join } from "node:path";
import { type Clock, GstoreError, STOP_TIMEOUT_MS, systemClock, systemRandom } from "@gstore/core";
import { type GstoreNode, syncedFile } from "@gstore/server";
import { FailureLog } from "./failure-log.ts";
import { createServer, type GatewayServer } from "./gateway-server.ts";
import { KeyLocks } from "./key-locks.ts";
import { listen, type OwnSocket } from "./own-socket.ts";
import { SessionStore } from "./sessions/session-store.ts";
import { socketPlace } from "./socket-path.ts";
import type { OwnNames } from "./tcp/same-site.ts";
import { type HttpOptions, openTcpServer, type TcpServer } from "./tcp/tcp-server.ts";
import { TokenStore } from "./tokens/token-store.ts";

export interface GatewayOptions {
  readonly node: GstoreNode;
  /** The node's folder; its control socket is made there (see `socketPlace`), and the tokens of its HTTP API are kept there. */
  readonly dir: string;
  /** Serves the API on a port too, to whoever has a token. Without it on the control socket alone. */
  readonly http?: HttpOptions;
  /** Folder of the web page as it was built, which the port serves at its root. */
  readonly page?: string;
  /** Is told of each fault that a client sees only as `INTERNAL`. */
  readonly onFault?: (error: unknown) => void;
  readonly clock?: Clock;
}

/** The HTTP API of one node: on its control socket, which only this user can reach, and on a port to those with a token. */
export interface Gateway {
  readonly socketPath: string;
  /** Where the port is served, such as `http://127.0.0.1:4080`; null where none is open. */
  readonly url: string | null;
  /**
   * Listens. Rejects with `ALREADY_RUNNING` where another process answers at this socket, `ADDRESS_IN_USE` or
   * `INVALID_ARGUMENT` where the port can't be had; nothing is served then.
   */
  start(): Promise<void>;
  /** Takes no more requests, gives running ones a moment, then cuts them off. Idempotent. */
  stop(): Promise<void>;
}

interface Servers {
  readonly app: GatewayServer;
  socket?: OwnSocket;
  tcp?: TcpServer;
}

/** The gateway of a node. The node is started and stopped by the caller: it has to be up while the gateway is. */
export function createGateway(options: GatewayOptions): Gateway {
  const { node, dir, http, page = null, onFault = () => {}, clock = systemClock } = options;
  const place = socketPlace(dir);
  const stopping = new AbortController();
  const ports = new WeakMap<IncomingMessage, OwnNames>();
  let servers: Servers | undefined;
  let stopped: Promise<void> | undefined;
  return {
    socketPath: place.path,
    get url() {
      return servers?.tcp?.url ?? null;
    },
    start: async () => {
      const file = syncedFile(join(dir, "http-tokens.json"));
      const tokens = await TokenStore.open({ file, clock, random: systemRandom });
      const sessions = new SessionStore({ clock, random: systemRandom });
      const kept = { locks: new KeyLocks(), failures: new FailureLog(), tokens, sessions };
      const own = { ...kept, page, stopping: stopping.signal };
      const portOf = (request: IncomingMessage): OwnNames | undefined => ports.get(request);
      const url = (): string | null => servers?.tcp?.publicUrl ?? null;
      const app = createServer({ ...own, node, clock, onFault, portOf, url });
      servers = { app };
      servers.socket = await listen(app, place);
      if (http === undefined) return;
      servers.tcp = await openTcpServer(http, {
        handle: (request, response) => app.routing(request, response),
        opened: (request, port) => void ports.set(request, port),
      });
    },
    stop: () => {
      stopping.abort(new GstoreError("ABORTED", "The node is stopping."));
      stopped ??= servers === undefined ? Promise.resolve() : close(servers, clock);
      return stopped;
    },
  };
}

async function close({ app, socket, tcp }: Servers, clock: Clock): Promise<void> {
  await socket?.remove();
  const cancel = clock.after(STOP_TIMEOUT_MS, () => {
    tcp?.closeAllConnections();
    app.server.closeAllConnections();
  });
  await Promise.all([tcp?.close(), app.close()]);
  cancel();
}
