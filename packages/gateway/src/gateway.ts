import { chmod, lstat, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { type Clock, GstoreError, STOP_TIMEOUT_MS, systemClock } from "@gstore/core";
import type { GstoreNode } from "@gstore/server";
import { FailureLog } from "./failure-log.ts";
import { createServer, type GatewayServer } from "./gateway-server.ts";
import { KeyLocks } from "./key-locks.ts";
import { ensurePrivateFolder } from "./private-folder.ts";
import { type SocketPlace, socketPlace } from "./socket-path.ts";

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
  let stopped: Promise<void> | undefined;
  return {
    socketPath: place.path,
    start: async () => {
      const locks = new KeyLocks();
      const failures = new FailureLog();
      server = createServer({ node, clock, locks, failures, stopping: stopping.signal, onFault });
      await listen(server, place);
    },
    stop: () => {
      stopping.abort(new GstoreError("ABORTED", "The node is stopping."));
      stopped ??= server === undefined ? Promise.resolve() : close(server, clock);
      return stopped;
    },
  };
}

async function listen(server: GatewayServer, { path, folders, recordPath }: SocketPlace): Promise<void> {
  for (const folder of folders) await ensurePrivateFolder(folder);
  await removeStaleSocket(path);
  await server.listen({ path });
  // The folder already keeps others out; this is for whoever opens it up.
  await chmod(path, 0o600);
  if (recordPath !== null) await writeFile(recordPath, `${path}\n`, { mode: 0o600 });
}

async function close(server: GatewayServer, clock: Clock): Promise<void> {
  const cancel = clock.after(STOP_TIMEOUT_MS, () => server.server.closeAllConnections());
  await server.close();
  cancel();
}

/** A process that was killed leaves its socket behind, and nobody can listen there until it is gone. */
async function removeStaleSocket(path: string): Promise<void> {
  const stats = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw new GstoreError("ALREADY_EXISTS", `${path} is no socket. Remove it and start again.`, { path });
  }
  if (await answers(path)) {
    throw new GstoreError("ALREADY_RUNNING", `A node already answers at ${path}.`, { path });
  }
  await rm(path, { force: true });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (found: boolean): void => {
      socket.destroy();
      resolve(found);
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}
