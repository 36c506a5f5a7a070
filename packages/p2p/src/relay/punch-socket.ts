import { connect, isIPv6, type Socket } from "node:net";
import { type Clock, GstoreError, type PeerId } from "@gstore/core";
import { addressOf, parseMultiaddr } from "../address.ts";
import { encodeBulkOpen } from "../bulk-open.ts";
import { encodeFrame } from "../frame-codec.ts";
import { PUNCH_CONNECT_TIMEOUT_MS, REACH_MESSAGE_BYTES_MAX } from "../limits.ts";
import type { PeerConnection } from "../peer-table.ts";
import { readFrame } from "../read-frame.ts";
import type { TlsEndpoint } from "../tls-endpoint.ts";
import { ALPN } from "../tls-link.ts";
import { withTimeout } from "../with-timeout.ts";
import { decodeMeeting, type SeenAt } from "./relay-messages.ts";

export interface PunchOptions {
  readonly clock: Clock;
  readonly endpoint: TlsEndpoint;
  /** This node's direct connection to the relay, which it has dialled. */
  readonly relay: PeerConnection;
  readonly peer: PeerId;
  readonly signal: AbortSignal;
  /** Whether to connect to where the relay says that it sees the peer. */
  isAllowed(seen: SeenAt): boolean;
}

export interface PunchedSocket {
  /** Connected, by TCP alone: nobody has proved anything. */
  readonly socket: Socket;
  /** Where the peer is. */
  readonly at: SeenAt;
}

/**
 * Meets a member at a relay and connects to where the relay sees it, from the port by which the relay sees this node, while the
 * other does the same. Rejects where it does not come, what the relay says is not allowed, or no connection is made in time.
 */
export async function punchSocket(options: PunchOptions): Promise<PunchedSocket> {
  const { clock, relay, peer, signal } = options;
  const { link: way } = relay;
  const host = plainHost(way.socket.remoteAddress ?? "");
  const any = isIPv6(host) ? "::" : "0.0.0.0";
  const at = addressOf({ host, port: parseMultiaddr(way.address).port, peer: way.peer });
  // Bound to a port from the start, which may then be bound to again: the router's mapping belongs to it.
  const { link } = await options.endpoint.dial(at, { alpn: ALPN.bulk, signal, localAddress: any });
  const leave = (): void => link.destroy();
  signal.addEventListener("abort", leave, { once: true });
  try {
    link.write(encodeFrame(encodeBulkOpen({ starter: "nobody", meets: peer })));
    const { localPort } = link.socket;
    const seen = decodeMeeting(await readFrame(link, REACH_MESSAGE_BYTES_MAX));
    if (localPort === undefined || !options.isAllowed(seen))
      throw new GstoreError("REQUEST_REFUSED", `No connection is tried to ${seen.host}:${seen.port}.`);
    // The relay's link stays open meanwhile: it keeps the mapping.
    return { socket: await connectFrom({ localAddress: any, localPort }, seen, { clock, signal }), at: seen };
  } finally {
    signal.removeEventListener("abort", leave);
    link.destroy();
  }
}

async function connectFrom(
  from: { readonly localAddress: string; readonly localPort: number },
  to: SeenAt,
  { clock, signal }: Pick<PunchOptions, "clock" | "signal">,
): Promise<Socket> {
  const error = (): Error => new GstoreError("TIMEOUT", "The routers let nothing through.");
  const limit = withTimeout(clock, { signal, timeoutMs: PUNCH_CONNECT_TIMEOUT_MS, error });
  const socket = connect({ ...from, ...to, noDelay: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const giveUp = (): void => reject(limit.signal.reason as Error);
  limit.signal.addEventListener("abort", giveUp, { once: true });
  socket.once("connect", resolve);
  socket.on("error", reject);
  try {
    if (limit.signal.aborted) giveUp();
    await promise;
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    limit.signal.removeEventListener("abort", giveUp);
    limit.clear();
  }
}

function plainHost(address: string): string {
  return address.replace(/^::ffff:/i, "");
}
