import type { PeerId } from "@gstore/core";
import {
  type Connection,
  type CreateListenerOptions,
  type DialTransportOptions,
  type Listener,
  type Logger,
  type StreamMuxerFactory,
  type Transport,
  transportSymbol,
  type Upgrader,
} from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import type { Multiaddr } from "@multiformats/multiaddr";
import { parseMultiaddr } from "./address.ts";
import { TlsConnection } from "./tls-connection.ts";
import type { AdmittedLink, TlsEndpoint } from "./tls-endpoint.ts";
import { ALPN, type TlsLink } from "./tls-link.ts";
import { TlsListener } from "./tls-listener.ts";

export interface TlsTransportOptions {
  readonly endpoint: TlsEndpoint;
  readonly muxer: StreamMuxerFactory;
  readonly log: Logger;
  /** Who is to answer at an address that names nobody. */
  readonly expectedAt: (address: string) => PeerId | null;
  /** Called with each connection before libp2p gets it. */
  readonly connecting: (connection: TlsConnection, admitted: AdmittedLink) => void;
  /** Called with each inbound bulk link, which libp2p never sees. */
  readonly bulkAdmitted: (link: TlsLink) => void;
  /** Called when listening failed, since libp2p reports it as text only. */
  readonly listenFailed: (error: Error) => void;
}

export interface AdmittingTransport extends Transport {
  /** Hands a link that libp2p has not asked for, and that has passed the handshake, to who is to use it. */
  admit(admitted: AdmittedLink, upgrader: Upgrader): void;
}

/**
 * The libp2p transport of gstore: TCP with our own TLS 1.3 and the gstore handshake below libp2p, which therefore gets
 * connections that are encrypted and admitted already (docs/spec/transport.md).
 */
export function createTlsTransport(options: TlsTransportOptions): AdmittingTransport {
  return new TlsTransport(options);
}

class TlsTransport implements AdmittingTransport {
  readonly [transportSymbol] = true;
  readonly [Symbol.toStringTag] = "@gstore/tls-transport";
  readonly #options: TlsTransportOptions;

  constructor(options: TlsTransportOptions) {
    this.#options = options;
  }

  async dial(address: Multiaddr, options: DialTransportOptions): Promise<Connection> {
    const { signal, upgrader } = options;
    const parsed = parseMultiaddr(address);
    const peer = parsed.peer ?? this.#options.expectedAt(String(address));
    const admitted = await this.#options.endpoint.dial(
      { ...parsed, peer },
      {
        alpn: ALPN.libp2p,
        signal,
      },
    );
    const connection = this.#connectionOf(admitted);
    return await aborting(connection, upgrader.upgradeOutbound(connection, this.#upgrade(admitted, signal)));
  }

  createListener(options: CreateListenerOptions): Listener {
    return new TlsListener({
      endpoint: this.#options.endpoint,
      admitted: (admitted) => this.admit(admitted, options.upgrader),
      failed: this.#options.listenFailed,
    });
  }

  listenFilter(addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter(isSupported);
  }

  dialFilter(addresses: Multiaddr[]): Multiaddr[] {
    return addresses.filter(isSupported);
  }

  admit(admitted: AdmittedLink, upgrader: Upgrader): void {
    if (admitted.link.alpn === ALPN.bulk) {
      this.#options.bulkAdmitted(admitted.link);
      return;
    }
    const connection = this.#connectionOf(admitted);
    const upgrade = this.#upgrade(admitted, new AbortController().signal);
    const upgraded =
      admitted.link.direction === "inbound"
        ? upgrader.upgradeInbound(connection, upgrade)
        : upgrader.upgradeOutbound(connection, upgrade);
    aborting<unknown>(connection, upgraded).catch((error: unknown) => {
      this.#options.log.error("could not upgrade a connection - %e", error);
    });
  }

  #connectionOf(admitted: AdmittedLink): TlsConnection {
    const connection = new TlsConnection(admitted.link, this.#options.log);
    this.#options.connecting(connection, admitted);
    return connection;
  }

  #upgrade(
    admitted: AdmittedLink,
    signal: AbortSignal,
  ): Parameters<Upgrader["upgradeOutbound"]>[1] & { skipEncryption: true } {
    return {
      skipEncryption: true,
      skipProtection: true,
      remotePeer: peerIdFromString(admitted.link.peer),
      muxerFactory: this.#options.muxer,
      signal,
    };
  }
}

async function aborting<T>(connection: TlsConnection, upgraded: Promise<T>): Promise<T> {
  try {
    return await upgraded;
  } catch (error) {
    connection.abort(error as Error);
    throw error;
  }
}

function isSupported(address: Multiaddr): boolean {
  try {
    parseMultiaddr(address);
    return true;
  } catch {
    return false;
  }
}
