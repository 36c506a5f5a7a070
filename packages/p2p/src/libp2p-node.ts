import { CONNECTIONS_MAX, DIAL_TIMEOUT_MS, PENDING_CONNECTIONS_MAX } from "@gstore/core";
import type { NodeIdentity } from "@gstore/crypto";
import { privateKeyFromRaw } from "@libp2p/crypto/keys";
import { identify } from "@libp2p/identify";
import type { Libp2p, MessageStream, StreamMuxerFactory } from "@libp2p/interface";
import { ping } from "@libp2p/ping";
import { yamux } from "@libp2p/yamux";
import { createLibp2p } from "libp2p";
import { STREAM_WINDOW_BYTES_MAX } from "./limits.ts";
import { TlsConnection } from "./tls-connection.ts";
import type { AdmittedLink, TlsEndpoint } from "./tls-endpoint.ts";
import { createTlsTransport, type TlsTransportOptions } from "./tls-transport.ts";

export interface Libp2pNodeOptions {
  readonly identity: NodeIdentity;
  readonly agent: string;
  /** Multiaddrs. */
  readonly listen: string[];
  readonly endpoint: TlsEndpoint;
  readonly expectedAt: TlsTransportOptions["expectedAt"];
  readonly connecting: TlsTransportOptions["connecting"];
  readonly bulkAdmitted: TlsTransportOptions["bulkAdmitted"];
  readonly listenFailed: TlsTransportOptions["listenFailed"];
  /** Called once, with what takes links that came by another way than a listener. */
  readonly intake?: (admit: (admitted: AdmittedLink) => void) => void;
}

/** A libp2p node with our transport and nothing that talks to anybody but the peers it is given. Not started. */
export async function createLibp2pNode(options: Libp2pNodeOptions): Promise<Libp2p> {
  const { identity, agent, listen, endpoint, expectedAt, connecting, bulkAdmitted, listenFailed, intake } =
    options;
  const muxer = rememberingMuxer();
  return await createLibp2p({
    start: false,
    privateKey: privateKeyFromRaw(rawPrivateKey(identity)),
    nodeInfo: { name: "gstore", version: "0", userAgent: agent },
    addresses: { listen },
    transports: [
      ({ logger, upgrader }) => {
        const log = logger.forComponent("gstore:tls");
        const given = { endpoint, expectedAt, muxer, connecting, bulkAdmitted, listenFailed, log };
        const transport = createTlsTransport(given);
        intake?.((admitted) => transport.admit(admitted, upgrader));
        return transport;
      },
    ],
    streamMuxers: [() => muxer],
    services: { identify: identify(), ping: ping() },
    // Ours notices within 10 s and costs one small frame instead of a stream (ping-monitor.ts).
    connectionMonitor: { enabled: false },
    // Members are few and trusted with more than strangers, who are counted before libp2p sees them (link-gate.ts).
    connectionManager: {
      maxConnections: 2 * CONNECTIONS_MAX,
      inboundConnectionThreshold: 1_000_000,
      maxIncomingPendingConnections: PENDING_CONNECTIONS_MAX,
      dialTimeout: 2 * DIAL_TIMEOUT_MS,
      addressDialTimeout: 2 * DIAL_TIMEOUT_MS,
      reconnectRetries: 0,
    },
  });
}

/** Yamux that lets a connection know its own muxer, for pings. The windows are the protocol's: both sides must agree on them. */
function rememberingMuxer(): StreamMuxerFactory {
  const factory = yamux({
    enableKeepAlive: false,
    streamOptions: {
      maxStreamWindowSize: STREAM_WINDOW_BYTES_MAX,
      // What a paused stream was already sent, and the chunk that is being looked at.
      maxReadBufferLength: 2 * STREAM_WINDOW_BYTES_MAX,
    },
  })();
  return {
    protocol: factory.protocol,
    createStreamMuxer(connection: MessageStream) {
      const muxer = factory.createStreamMuxer(connection);
      if (connection instanceof TlsConnection) connection.ping = () => muxer.ping();
      return muxer;
    },
  };
}

/** libp2p's raw form of an Ed25519 key: seed and public key. */
function rawPrivateKey(identity: NodeIdentity): Uint8Array {
  const { d } = identity.privateKey.export({ format: "jwk" });
  return Buffer.concat([Buffer.from(d as string, "base64url"), identity.publicKey]);
}
