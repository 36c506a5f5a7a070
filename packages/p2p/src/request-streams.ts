import { abortedError, type Clock, GstoreError, type PeerId, type RequestPurpose } from "@gstore/core";
import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { STREAMS_PER_PROTOCOL_MAX } from "./limits.ts";
import type { PeerNetworkLogger } from "./logger.ts";
import { PeerLoads } from "./peer-load.ts";
import { RequestClient, type RequestOptions } from "./request-client.ts";
import { RequestServer } from "./request-server.ts";
import { connectionLost } from "./tls-link.ts";

/** What kept streams are for: the port's purposes, `links` and `reach` for what the network asks of its own kind. */
export type StreamPurpose = RequestPurpose | "links" | "reach";
export const STREAM_PURPOSES: readonly StreamPurpose[] = ["entries", "blobs", "membership", "links", "reach"];

/** Answers on these are up to a whole message; on the others they are a few hundred bytes. */
const LARGE_PURPOSES: ReadonlySet<StreamPurpose> = new Set(["entries", "membership"]);

/** The libp2p protocol of a purpose. */
export const protocolOfPurpose = (purpose: StreamPurpose): string => `/gstore/1/${purpose}`;

export interface RequestStreamsOptions {
  readonly clock: Clock;
  readonly logger: PeerNetworkLogger;
  handle(from: PeerId, purpose: StreamPurpose, message: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
}

interface ConnectionStreams {
  readonly clients: Map<StreamPurpose, RequestClient | Promise<RequestClient>>;
  readonly servers: Set<RequestServer>;
}

/** The kept streams of all connections: ours for our requests, opened when first needed; the peers' for theirs. */
export class RequestStreams {
  readonly #options: RequestStreamsOptions;
  readonly #connections = new WeakMap<Connection, ConnectionStreams>();
  readonly #loads = new PeerLoads();

  constructor(options: RequestStreamsOptions) {
    this.#options = options;
  }

  /** Sends a request on a connection's stream for this purpose. */
  async request(
    connection: Connection,
    purpose: StreamPurpose,
    message: Uint8Array,
    options: RequestOptions,
  ): Promise<Uint8Array> {
    const { clients } = this.#streams(connection);
    let client = clients.get(purpose);
    if (client === undefined || (client instanceof RequestClient && !client.isOpen)) {
      client = this.#open(connection, purpose);
      clients.set(purpose, client);
    }
    if (client instanceof RequestClient) return client.request(message, options);
    return (await unlessAborted(client, options.signal)).request(message, options);
  }

  /** Serves the streams that peers open to a node. */
  async serveOn(node: Libp2p): Promise<void> {
    for (const purpose of STREAM_PURPOSES) {
      const serve = (stream: Stream, connection: Connection): void => this.serve(stream, connection, purpose);
      await node.handle(protocolOfPurpose(purpose), serve, {
        maxInboundStreams: STREAMS_PER_PROTOCOL_MAX,
        maxOutboundStreams: STREAMS_PER_PROTOCOL_MAX,
      });
    }
  }

  /** Serves a stream that the peer opened. */
  serve(stream: Stream, connection: Connection, purpose: StreamPurpose): void {
    const peer = peerOf(connection);
    const { servers } = this.#streams(connection);
    const server = new RequestServer(stream, {
      peer,
      load: this.#loads.of(peer),
      isLarge: LARGE_PURPOSES.has(purpose),
      logger: this.#options.logger,
      handler: (message, signal) => this.#options.handle(peer, purpose, message, signal),
    });
    servers.add(server);
    stream.addEventListener("close", () => servers.delete(server));
  }

  /** True where nothing is in flight on a connection, either way. */
  isIdle(connection: Connection): boolean {
    const { clients, servers } = this.#streams(connection);
    const idleClients = [...clients.values()].every(
      (client) => client instanceof RequestClient && client.isIdle,
    );
    return idleClients && [...servers].every((server) => server.isIdle);
  }

  #streams(connection: Connection): ConnectionStreams {
    let streams = this.#connections.get(connection);
    if (streams === undefined) {
      streams = { clients: new Map(), servers: new Set() };
      this.#connections.set(connection, streams);
    }
    return streams;
  }

  async #open(connection: Connection, purpose: StreamPurpose): Promise<RequestClient> {
    const peer = peerOf(connection);
    const { clients } = this.#streams(connection);
    try {
      const stream = await connection.newStream(protocolOfPurpose(purpose), {
        maxOutboundStreams: STREAMS_PER_PROTOCOL_MAX,
      });
      const client = new RequestClient(stream, { peer, clock: this.#options.clock });
      clients.set(purpose, client);
      return client;
    } catch (cause) {
      clients.delete(purpose);
      if (connection.status !== "open") throw connectionLost(peer, cause);
      throw new GstoreError("PEER_FAILED", `${peer} does not open a stream for ${purpose}.`, {
        peer,
        retryable: true,
        cause,
      });
    }
  }
}

/** The PeerId in core's form. */
export function peerOf(connection: Connection): PeerId {
  return connection.remotePeer.toString() as PeerId;
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(abortedError(signal));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
