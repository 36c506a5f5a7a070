import type { Socket } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import {
  abortedError,
  type Clock,
  GstoreError,
  HANDSHAKE_TIMEOUT_MS,
  type PeerId,
  throwIfAborted,
} from "@gstore/core";
import { addressOf, type PeerAddress } from "./address.ts";
import { dialError, mismatchError, noKeyError, selfError } from "./dial-errors.ts";
import { LinkIntake } from "./link-intake.ts";
import { peerIdOfCertificate, type TlsCredentials } from "./tls-certificate.ts";
import { ALPN, type AlpnName, TlsLink } from "./tls-link.ts";
import { clientTlsOptions } from "./tls-options.ts";

export interface TlsDialOptions {
  readonly self: PeerId;
  readonly credentials: TlsCredentials;
  readonly alpn: AlpnName;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Dials: TCP, TLS, and the PeerId that is there compared with the one that the address expects; then `shake` says the
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
  const intake = alpn === ALPN.bulk ? new LinkIntake() : null;
  const { host, port } = address;
  const socket = connect({ ...clientTlsOptions(credentials, alpn), ...intake?.options, host, port });
  socket.setNoDelay(true);
  const abort = (): void => void socket.destroy(abortedError(signal));
  signal.addEventListener("abort", abort, { once: true });
  const cancelTimeout = limitHandshakeTime(socket, clock);
  try {
    await secured(socket);
    const link = linkOf(socket, { alpn, direction: "outbound", host, port });
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

/** The link on a socket whose TLS is established, or null where the peer has shown no Ed25519 key. */
export function linkOf(
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
