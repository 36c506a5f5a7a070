import { type Clock, GstoreError, STOP_TIMEOUT_MS, systemClock } from "@gstore/core";
import type { GstoreNode } from "@gstore/server";
import { FailureLog } from "./failure-log.ts";
import { createServer, type GatewayServer } from "./gateway-server.ts";
import { KeyLocks } from "./key-locks.ts";
import { listen, type OwnSocket } from "./own-socket.ts";
import { socketPlace } from "./socket-path.ts";

export interface GatewayOptions {
  readonly node: GstoreNode;
  /** The node's folder; its control socket is made there (see `socketPlace`). */
  readonly dir: string;
  /** Is told of each fault that a client sees only as `INTERNAL`. */
  readonly onFault?: (error: unknown) => void;
  readonly clock?: Clock;
}

/** The HTTP API of one node on its control socket, which only this user can reach. */
export interface Gateway {
  readonly socketPath: string;
  /** Listens. Rejects with `ALREADY_RUNNING` where another process answers at this socket. */
  start(): Promise<void>;
  /** Takes no more requests, gives running ones a moment, then cuts them off. Idempotent. */
  stop(): Promise<void>;
}

/** The gateway of a node. The node is started and stopped by the caller: it has to be up while the gateway is. */
export function createGateway({
  node,
  dir,
  onFault = () => {},
  clock = systemClock,
}: GatewayOptions): Gateway {
  const place = socketPlace(dir);
  const stopping = new AbortController();
  let server: GatewayServer | undefined;
  let socket: OwnSocket | undefined;
  let stopped: Promise<void> | undefined;
  return {
    socketPath: place.path,
    start: async () => {
      const locks = new KeyLocks();
      const failures = new FailureLog();
      server = createServer({ node, clock, locks, failures, stopping: stopping.signal, onFault });
      socket = await listen(server, place);
    },
    stop: () => {
      stopping.abort(new GstoreError("ABORTED", "The node is stopping."));
      stopped ??= server === undefined ? Promise.resolve() : close(server, socket, clock);
      return stopped;
    },
  };
}

async function close(server: GatewayServer, socket: OwnSocket | undefined, clock: Clock): Promise<void> {
  await socket?.remove();
  const cancel = clock.after(STOP_TIMEOUT_MS, () => server.server.closeAllConnections());
  await server.close();
  cancel();
}
