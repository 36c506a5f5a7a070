import type { Socket } from "node:net";
import { createServer, type TLSSocket, type Server as TlsServer, connect as tlsConnect } from "node:tls";
import {
  abortedError,
  type CertificateChain,
  type Clock,
  GstoreError,
  HANDSHAKE_TIMEOUT_MS,
  type PeerId,
  throwIfAborted,
} from "@gstore/core";
import { addressOf, type PeerAddress } from "./address.ts";
import { dialError, mismatchError, noKeyError, selfError } from "./dial-errors.ts";
import { CLOSE_TIMEOUT_MS } from "./limits.ts";
import type { LinkGate } from "./link-gate.ts";
import { LinkIntake } from "./link-intake.ts";
import type { PeerNetworkLogger } from "./logger.ts";
import { type HandshakeTerms, shakeHandsAsDialler, shakeHandsAsListener } from "./perform-handshake.ts";
import { peerIdOfCertificate, type TlsCredentials } from "./tls-certificate.ts";
import { ALPN, type AlpnName, TlsLink } from "./tls-link.ts";
import { clientTlsOptions, serverTlsOptions } from "./tls-options.ts";

/** A link whose peer has passed the gstore handshake. */
export interface AdmittedLink {
  readonly link: TlsLink;
  readonly certificate: CertificateChain;
}

export interface TlsEndpointOptions {
  readonly self: PeerId;
  readonly credentials: TlsCredentials;
  readonly terms: HandshakeTerms;
  readonly gate: LinkGate;
  readonly clock: Clock;
  readonly logger: PeerNetworkLogger;
}

/** A connection on its way to becoming a link. */
interface Stranger {
  /** Ends the wait: it passed, failed or went away. */
  leave(): void;
}

/**
 * Makes links, dialled or accepted: TCP, then TLS 1.3 with both keys proved, then the gstore handshake. Nobody above sees
 * a link before all three are done, and a socket that fails any is gone within `HANDSHAKE_TIMEOUT_MS`.
 */
export class TlsEndpoint {
  readonly #options: TlsEndpointOptions;

  constructor(options: TlsEndpointOptions) {
    this.#options = options;
  }

  /** Dials. Rejects with `PEER_UNREACHABLE`, `PEER_MISMATCH`, `HANDSHAKE_FAILED`, `WRONG_NETWORK`, … */
  async dial(address: PeerAddress, options: { alpn: AlpnName; signal: AbortSignal }): Promise<AdmittedLink> {
    const { alpn, signal } = options;
    throwIfAborted(signal);
    const { credentials, terms, gate, self } = this.#options;
    const intake = alpn === ALPN.bulk ? new LinkIntake() : null;
    const socket = tlsConnect({
      ...clientTlsOptions(credentials, alpn),
      ...intake?.options,
      host: address.host,
      port: address.port,
    });
    socket.setNoDelay(true);
    const abort = (): void => void socket.destroy(abortedError(signal));
    signal.addEventListener("abort", abort, { once: true });
    const cancelTimeout = this.#limitTime(socket);
    try {
      await secured(socket);
      const link = linkOf(socket, { alpn, direction: "outbound", host: address.host, port: address.port });
      if (link === null) throw noKeyError(address);
      if (intake !== null) intake.link = link;
      if (address.peer !== null && link.peer !== address.peer) throw mismatchError(address, link.peer);
      if (link.peer === self) throw selfError(address);
      const certificate = await shakeHandsAsDialler(link, terms);
      gate.check(link);
      gate.add(link);
      return { link, certificate };
    } catch (error) {
      socket.destroy();
      throw signal.aborted ? abortedError(signal) : dialError(error, address);
    } finally {
      cancelTimeout();
      signal.removeEventListener("abort", abort);
    }
  }

  /** A server, not listening yet, that calls `admitted` for each connection that has passed the handshake. */
  createServer(admitted: (admitted: AdmittedLink) => void): TlsServer {
    const server = createServer({ ...serverTlsOptions(this.#options.credentials), noDelay: true });
    const strangers = new Map<string, Stranger>();
    // Before node:tls sees the socket, so that a flood costs no TLS handshakes.
    server.prependListener("connection", (socket: Socket) => this.#enter(socket, strangers));
    server.on("tlsClientError", (_error, socket) => {
      strangers.get(connectionKey(socket))?.leave();
      socket.destroy();
    });
    server.on("secureConnection", (socket) => {
      const stranger = strangers.get(connectionKey(socket));
      socket.on("error", () => {});
      if (stranger === undefined) {
        socket.destroy();
        return;
      }
      socket.once("close", () => stranger.leave());
      void this.#welcome(socket, admitted).finally(() => stranger.leave());
    });
    return server;
  }

  #enter(socket: Socket, strangers: Map<string, Stranger>): void {
    const { gate, logger } = this.#options;
    // An error without a listener would end the process. What there is to do is done on "close".
    socket.on("error", () => {});
    const host = socket.remoteAddress;
    const leaveGate = host === undefined ? null : gate.enter(host, () => socket.destroy());
    if (leaveGate === null) {
      logger.debug({ address: host }, "refused a connection: there are too many in the handshake");
      socket.destroy();
      return;
    }
    const key = connectionKey(socket);
    const cancelTimeout = this.#limitTime(socket);
    const leave = (): void => {
      cancelTimeout();
      leaveGate();
      strangers.delete(key);
    };
    strangers.set(key, { leave });
    socket.once("close", leave);
  }

  async #welcome(socket: TLSSocket, admitted: (admitted: AdmittedLink) => void): Promise<void> {
    const { terms, gate, logger, clock } = this.#options;
    const cancelTimeout = this.#limitTime(socket);
    let link: TlsLink | null = null;
    try {
      const accepted = this.#inboundLink(socket);
      link = accepted;
      const certificate = await shakeHandsAsListener(accepted, {
        ...terms,
        admit: (peer, chain) => {
          terms.admit(peer, chain);
          gate.check(accepted);
        },
      });
      gate.add(accepted);
      admitted({ link: accepted, certificate });
    } catch (error) {
      logger.debug({ address: socket.remoteAddress, error }, "refused a connection: the handshake failed");
      // A link may have been told why; without one there is nobody to tell.
      if (link === null) socket.destroy();
      else link.end();
      link?.onClose(clock.after(CLOSE_TIMEOUT_MS, () => socket.destroy()));
    } finally {
      cancelTimeout();
    }
  }

  #inboundLink(socket: TLSSocket): TlsLink {
    const { remoteAddress: host, remotePort: port } = socket;
    const alpn = Object.values(ALPN).find((name) => name === socket.alpnProtocol);
    const link =
      host === undefined || port === undefined || alpn === undefined || socket.isSessionReused()
        ? null
        : linkOf(socket, { alpn, direction: "inbound", host, port });
    if (link !== null && link.peer !== this.#options.self) return link;
    throw new GstoreError("HANDSHAKE_FAILED", "The TLS session is not one of another gstore node.");
  }

  #limitTime(socket: Socket): () => void {
    return this.#options.clock.after(HANDSHAKE_TIMEOUT_MS, () => {
      socket.destroy(new GstoreError("HANDSHAKE_FAILED", "The peer did not finish the handshake in time."));
    });
  }
}

/** Resolves when TLS is established. */
function secured(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.on("error", reject);
    socket.once("close", () => reject(new Error("closed")));
  });
}

function linkOf(
  socket: TLSSocket,
  facts: { alpn: AlpnName; direction: "inbound" | "outbound"; host: string; port: number },
): TlsLink | null {
  const peer = peerIdOfCertificate(socket.getPeerX509Certificate());
  if (peer === null) return null;
  const { port, alpn, direction } = facts;
  // The zone of a link-local IPv6 address has no place in the multiaddr.
  const [host = ""] = facts.host.split("%");
  return new TlsLink(socket, { peer, alpn, direction, address: addressOf({ host, port, peer }).multiaddr });
}

/** The same for a socket and for the TLS socket around it. */
function connectionKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`;
}
