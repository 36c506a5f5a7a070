import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext, createServer, TLSSocket, type Server as TlsServer } from "node:tls";
import { type Clock, GstoreError, isGstoreError, type PeerId } from "@gstore/core";
import type { PeerAddress, Web } from "./address.ts";
import { CLOSE_TIMEOUT_MS, REACHED_CAPS_WARNED_EVERY_MS } from "./limits.ts";
import type { LinkGate } from "./link-gate.ts";
import type { PeerNetworkLogger } from "./logger.ts";
import {
  type HandshakeTerms,
  type Shown,
  shakeHandsAsDialler,
  shakeHandsAsListener,
} from "./perform-handshake.ts";
import type { StrangerDesk } from "./stranger-desk.ts";
import type { TlsCredentials } from "./tls-certificate.ts";
import {
  closeTogether,
  dialTls,
  limitHandshakeTime,
  linkOf,
  type OpenRelayed,
  type TlsDialOptions,
} from "./tls-dial.ts";
import { ALPN, type AlpnName, type TlsLink } from "./tls-link.ts";
import { serverTlsOptions } from "./tls-options.ts";
import type { WebProxy } from "./web/web-proxy.ts";

/** A link whose peer has passed the gstore handshake. */
export interface AdmittedLink extends Shown {
  readonly link: TlsLink;
}

export interface TlsEndpointOptions {
  readonly self: PeerId;
  readonly credentials: TlsCredentials;
  readonly terms: HandshakeTerms;
  readonly gate: LinkGate;
  readonly clock: Clock;
  readonly logger: PeerNetworkLogger;
  /** Answers strangers; without one, or while nobody answers there, they are not heard. */
  readonly desk?: StrangerDesk;
  readonly openRelayed?: OpenRelayed;
  /** Through which WebSockets are dialled. Default: none. */
  readonly proxy?: WebProxy | null;
}

/** Where an accepted socket comes from. */
interface Origin {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly relay: PeerId | null;
  readonly punched: boolean;
  readonly web?: Web;
}

/** What is taken beside the listening port: from where, and what may be spoken there. */
export interface AcceptedBelow extends Origin {
  readonly host: string;
  readonly alpn: readonly AlpnName[];
  /** Of one that has entered already. */
  readonly leave?: () => void;
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
  /** When (ms, monotonic) a reached cap is worth a warning again. */
  #warnAgainMs = Number.NEGATIVE_INFINITY;
  #turnedAway = 0;

  constructor(options: TlsEndpointOptions) {
    this.#options = options;
  }

  /** Connections refused since the start. */
  get turnedAway(): number {
    return this.#turnedAway;
  }

  /** Dials. Rejects with `PEER_UNREACHABLE`, `PEER_MISMATCH`, `HANDSHAKE_FAILED`, `WRONG_NETWORK`, … */
  async dial(
    address: PeerAddress,
    options: Pick<TlsDialOptions, "alpn" | "signal" | "below" | "localAddress">,
  ): Promise<AdmittedLink> {
    const { credentials, terms, gate, self, clock, openRelayed, proxy = null } = this.#options;
    const by = { self, credentials, clock, openRelayed, proxy };
    return await dialTls(address, { ...options, ...by }, async (link) => {
      const admit = admitting(link, { terms, gate });
      return { link, ...(await shakeHandsAsDialler(link, { ...terms, admit })) };
    });
  }

  /** A server, not listening yet, that calls `admitted` for each connection that has passed the handshake. */
  createServer(admitted: (admitted: AdmittedLink) => void): TlsServer {
    const { credentials } = this.#options;
    const server = createServer({ ...serverTlsOptions(credentials, this.spoken()), noDelay: true });
    const strangers = new Map<string, Stranger>();
    // Before node:tls sees the socket, so that a flood costs no TLS handshakes.
    server.prependListener("connection", (socket: Socket) => {
      const key = connectionKey(socket);
      const leave = this.enter(socket, () => strangers.delete(key));
      if (leave !== null) strangers.set(key, { leave });
    });
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
      const origin = { host: socket.remoteAddress, port: socket.remotePort, relay: null, punched: false };
      void this.#welcome(socket, origin, admitted).finally(() => stranger.leave());
    });
    return server;
  }

  /**
   * Takes what came by another way than the listening port: from a relay, which says that it joined it with somebody, of a
   * punched way, or in a WebSocket. Who is there has to prove it as on TCP. Calls `admitted` once that is done. Throws `TOO_BUSY`
   * where enough are in the handshake.
   */
  acceptOn(below: Duplex, how: AcceptedBelow, admitted: (admitted: AdmittedLink) => void): void {
    const { gate, clock, credentials } = this.#options;
    const { alpn, leave = gate.enter(how.host, () => below.destroy()), ...origin } = how;
    const tls = serverTlsOptions(credentials, alpn);
    const secureContext = createSecureContext(tls);
    const socket = new TLSSocket(below, { ...tls, secureContext, isServer: true });
    closeTogether(socket, below, clock);
    socket.on("error", () => {});
    const cancelTimeout = limitHandshakeTime(socket, clock);
    const over = (): void => {
      cancelTimeout();
      leave();
    };
    socket.once("close", over);
    socket.once("secure", () => {
      void this.#welcome(socket, origin, admitted).finally(over);
    });
  }

  /**
   * Counts a connection among those in the handshake, and limits its time, until the function returned is called; null where
   * it was refused and is closed. `left` is called once it counts no longer.
   */
  enter(socket: Socket, left: () => void = () => {}): (() => void) | null {
    const { gate, clock } = this.#options;
    // An error without a listener would end the process. What there is to do is done on "close".
    socket.on("error", () => {});
    const host = socket.remoteAddress;
    let leaveGate: () => void;
    try {
      // A socket without an address is closed already.
      if (host === undefined) throw new GstoreError("HANDSHAKE_FAILED", "It has gone away.");
      leaveGate = gate.enter(host, () => socket.destroy());
    } catch (error) {
      this.#tellRefused(host, error);
      socket.destroy();
      return null;
    }
    const cancelTimeout = limitHandshakeTime(socket, clock);
    const leave = (): void => {
      cancelTimeout();
      leaveGate();
      left();
    };
    socket.once("close", leave);
    return leave;
  }

  /** What is spoken on connections that come without a relay. */
  spoken(): AlpnName[] {
    return [ALPN.libp2p, ALPN.bulk, ...(this.#options.desk?.isOpen ? [ALPN.join] : [])];
  }

  async #welcome(
    socket: TLSSocket,
    origin: Origin,
    admitted: (admitted: AdmittedLink) => void,
  ): Promise<void> {
    const { terms, gate, clock } = this.#options;
    const cancelTimeout = limitHandshakeTime(socket, clock);
    let link: TlsLink | null = null;
    try {
      const accepted = this.#inboundLink(socket, origin);
      link = accepted;
      if (accepted.alpn === ALPN.join) {
        await this.#welcomeStranger(accepted);
        return;
      }
      const admit = admitting(accepted, { terms, gate });
      admitted({ link: accepted, ...(await shakeHandsAsListener(accepted, { ...terms, admit })) });
    } catch (error) {
      this.#tellRefused(origin.host, error);
      // A link may have been told why; without one there is nobody to tell.
      if (link === null) socket.destroy();
      else link.end();
      link?.onClose(clock.after(CLOSE_TIMEOUT_MS, () => socket.destroy()));
    } finally {
      cancelTimeout();
    }
  }

  /** A warning where a cap keeps somebody out who may be a member, but a flood does not fill the log with them. */
  #tellRefused(address: string | undefined, error: unknown): void {
    const { logger, clock } = this.#options;
    this.#turnedAway++;
    const nowMs = clock.monotonic();
    const warns = isGstoreError(error, "TOO_BUSY") && nowMs >= this.#warnAgainMs;
    if (warns) this.#warnAgainMs = nowMs + REACHED_CAPS_WARNED_EVERY_MS;
    logger[warns ? "warn" : "debug"]({ address, error }, "refused a connection");
  }

  /** Resolves with the request read: answering it is counted by the desk, and no longer among those in the handshake. */
  async #welcomeStranger(link: TlsLink): Promise<void> {
    const { desk } = this.#options;
    if (desk === undefined) throw new GstoreError("HANDSHAKE_FAILED", "Strangers are not answered.");
    const request = await desk.read(link);
    void desk.answer(link, request);
  }

  #inboundLink(socket: TLSSocket, { host, port, ...way }: Origin): TlsLink {
    const alpn = Object.values(ALPN).find((name) => name === socket.alpnProtocol);
    const link =
      host === undefined || port === undefined || alpn === undefined || socket.isSessionReused()
        ? null
        : linkOf(socket, { alpn, direction: "inbound", host, port, ...way });
    if (link !== null && link.peer !== this.#options.self) return link;
    throw new GstoreError("HANDSHAKE_FAILED", "The TLS session is not one of another gstore node.");
  }
}

/**
 * Counts the link in the same turn in which its peer is admitted: whoever removes the peer from then on finds the link
 * and closes it. If the rest of the handshake fails the link is closed, and not counted any more.
 */
function admitting(link: TlsLink, by: { terms: HandshakeTerms; gate: LinkGate }): HandshakeTerms["admit"] {
  return (peer, chain) => {
    by.terms.admit(peer, chain);
    by.gate.check(link);
    by.gate.add(link);
  };
}

/** The same for a socket and for the TLS socket around it. */
function connectionKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`;
}
