import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import {
  abortedError,
  type Clock,
  GstoreError,
  HANDSHAKE_TIMEOUT_MS,
  type PeerId,
  throwIfAborted,
} from "@gstore/core";
import { addressOf, type PeerAddress, relayedAddressOf, type Web } from "./address.ts";
import { dialError, mismatchError, noKeyError, selfError } from "./dial-errors.ts";
import { CLOSE_TIMEOUT_MS } from "./limits.ts";
import { LinkIntake } from "./link-intake.ts";
import { peerIdOfCertificate, type TlsCredentials } from "./tls-certificate.ts";
import { ALPN, type AlpnName, TlsLink } from "./tls-link.ts";
import { clientTlsOptions } from "./tls-options.ts";
import type { WebProxy } from "./web/web-proxy.ts";

export interface TlsDialOptions {
  readonly self: PeerId;
  readonly credentials: TlsCredentials;
  readonly alpn: AlpnName;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Gets a stream to a member from its relay. Without it, no address behind a relay can be dialled. */
  readonly openRelayed?: OpenRelayed | undefined;
  /** What to run on in place of a new TCP connection to the address: of a punched way to the peer. */
  readonly below?: Duplex | undefined;
  /** The address of this machine to dial from, by a port that others may be connected from later. */
  readonly localAddress?: string | undefined;
  /** For addresses of WebSockets. */
  readonly proxy: WebProxy | null;
}

export type OpenRelayed = (relay: PeerId, peer: PeerId, signal: AbortSignal) => Promise<Duplex>;

/**
 * Dials: TCP (or a WebSocket, or a relay's stream), TLS, and the PeerId that is there compared with the one that the address expects; then `shake` says the
 * first words. All of it within `HANDSHAKE_TIMEOUT_MS`; the socket is closed where anything fails.
 * Rejects with `PEER_UNREACHABLE`, `PEER_MISMATCH`, `HANDSHAKE_FAILED` or what `shake` rejects with.
 */
export async function dialTls<T>(
  address: PeerAddress,
  options: TlsDialOptions,
  shake: (link: TlsLink) => Promise<T>,
): Promise<T> {
  const { self, credentials, alpn, clock, signal } = options;
  throwIfAborted(signal);
  const { host, port, relay, web } = address;
  const isPlain = relay === null && web === null;
  const below = options.below ?? (isPlain ? null : await openBelow(address, options));
  // Only a socket of the system can be told where to put what it reads.
  const intake = alpn === ALPN.bulk && below === null ? new LinkIntake() : null;
  const { localAddress } = options;
  const from = localAddress === undefined ? {} : { localAddress };
  const place = below === null ? { host, port, ...from } : { socket: below };
  const socket = connect({ ...clientTlsOptions(credentials, alpn), ...intake?.options, ...place });
  if (below !== null) closeTogether(socket, below, clock);
  socket.setNoDelay(true);
  const abort = (): void => void socket.destroy(abortedError(signal));
  signal.addEventListener("abort", abort, { once: true });
  const cancelTimeout = limitHandshakeTime(socket, clock);
  try {
    await secured(socket);
    const link = linkOf(socket, {
      ...{ alpn, direction: "outbound", host, port, relay, web },
      punched: options.below !== undefined,
    });
    if (link === null) throw noKeyError(address);
    if (intake !== null) intake.link = link;
    if (address.peer !== null && link.peer !== address.peer) throw mismatchError(address, link.peer);
    if (link.peer === self) throw selfError(address);
    return await shake(link);
  } catch (error) {
    socket.destroy();
    throw signal.aborted ? abortedError(signal) : dialError(error, address);
  } finally {
    cancelTimeout();
    signal.removeEventListener("abort", abort);
  }
}

async function openBelow(address: PeerAddress, options: TlsDialOptions): Promise<Duplex> {
  const { relay, peer, web } = address;
  try {
    if (web !== null) return await (await import("./web/web-dial.ts")).openWebSocket(address, options);
    if (relay === null || peer === null || options.openRelayed === undefined)
      throw new Error("no way to a relay");
    return await options.openRelayed(relay, peer, options.signal);
  } catch (error) {
    throw options.signal.aborted ? abortedError(options.signal) : dialError(error, address);
  }
}

/** TLS on a stream: when either is gone so is the other, once what was written last is sent. */
export function closeTogether(socket: TLSSocket, below: Duplex, clock: Clock): void {
  below.once("close", () => socket.destroy());
  socket.once("close", () => {
    below.end();
    const cancel = clock.after(CLOSE_TIMEOUT_MS, () => below.destroy());
    below.once("close", cancel);
  });
}

/** The link on a socket whose TLS is established, or null where the peer has shown no Ed25519 key. */
export function linkOf(
  socket: TLSSocket,
  facts: {
    readonly alpn: AlpnName;
    readonly direction: "inbound" | "outbound";
    readonly host: string;
    readonly port: number;
    readonly relay: PeerId | null;
    readonly punched: boolean;
    readonly web?: Web | null | undefined;
  },
): TlsLink | null {
  const peer = peerIdOfCertificate(socket.getPeerX509Certificate());
  if (peer === null) return null;
  const { port, alpn, direction, relay, punched, web = null } = facts;
  // The zone of a link-local IPv6 address has no place in the multiaddr.
  const [host = ""] = facts.host.split("%");
  const address = relay === null ? addressOf({ host, port, peer, web }) : relayedAddressOf({ relay, peer });
  return new TlsLink(socket, { peer, alpn, direction, relay, punched, address: address.multiaddr });
}

/** Closes a socket that has not finished the handshake in time. The function returned ends the wait. */
export function limitHandshakeTime(socket: Socket, clock: Clock): () => void {
  return clock.after(HANDSHAKE_TIMEOUT_MS, () => {
    socket.destroy(new GstoreError("HANDSHAKE_FAILED", "The peer did not finish the handshake in time."));
  });
}

/** Resolves when TLS is established. */
function secured(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.on("error", reject);
    socket.once("close", () => reject(new Error("closed")));
  });
}
