import {
  type Clock,
  DIAL_TIMEOUT_MS,
  GstoreError,
  isGstoreError,
  type PeerId,
  systemClock,
} from "@gstore/core";
import type { NodeIdentity } from "@gstore/crypto";
import { addressOf, type PeerAddress, parsePeerAddress } from "./address.ts";
import { dialTimeoutError, selfError } from "./dial-errors.ts";
import { encodeFrame } from "./frame-codec.ts";
import { STRANGER_TIMEOUT_MS } from "./limits.ts";
import { readFrame } from "./read-frame.ts";
import { strangerBinding } from "./stranger-desk.ts";
import {
  decodeStrangerReply,
  encodeStrangerRequest,
  STRANGER_REPLY_FRAME_BYTES_MAX,
} from "./stranger-messages.ts";
import { createTlsCredentials } from "./tls-certificate.ts";
import { dialTls } from "./tls-dial.ts";
import { ALPN, connectionLost, type TlsLink } from "./tls-link.ts";
import { proxyOf } from "./web/web-proxy.ts";
import { type TimedSignal, withTimeout } from "./with-timeout.ts";

export interface RequestAsStrangerOptions {
  readonly identity: NodeIdentity;
  /** A multiaddr or `host:port`. */
  readonly address: string;
  /** Who has to be there. */
  readonly peer: PeerId;
  /** Makes the message once the peer has proved that it is `peer`; `binding` is the same there, and in no other session. */
  readonly message: (binding: Uint8Array) => Uint8Array;
  readonly signal?: AbortSignal;
  /** For everything; `STRANGER_TIMEOUT_MS` where nothing is given. Dialling takes `DIAL_TIMEOUT_MS` of it at the most. */
  readonly timeoutMs?: number;
  /** As for `createPeerNetwork`. */
  readonly proxy?: string | undefined;
  readonly clock?: Clock;
}

/**
 * Asks a node something without being a member of its network: one message of at most `STRANGER_REQUEST_BYTES_MAX` on a
 * connection of its own, and its answer. Tries once. Nothing was sent where it rejects with `PEER_UNREACHABLE`,
 * `PEER_MISMATCH`, `HANDSHAKE_FAILED`, `INVALID_ARGUMENT` or `TOO_LARGE`, and nothing was done with it after `TOO_BUSY`.
 * After `CONNECTION_LOST`, `TIMEOUT` or `ABORTED` it may have been acted on. Otherwise rejects with what the node refuses
 * with, or `PROTOCOL_VIOLATION`.
 */
export async function requestAsStranger(options: RequestAsStrangerOptions): Promise<Uint8Array> {
  const { clock = systemClock, signal, timeoutMs = STRANGER_TIMEOUT_MS } = options;
  const address = expectedAddress(options);
  const error = (): Error => timeoutError(address, timeoutMs);
  const limit = withTimeout(clock, { signal, timeoutMs, error });
  try {
    const link = await dial(address, { ...options, clock, limit });
    return await ask(link, { message: options.message, signal: limit.signal });
  } finally {
    limit.clear();
  }
}

function expectedAddress(options: RequestAsStrangerOptions): PeerAddress {
  const { peer, identity } = options;
  const { peer: named, multiaddr, ...place } = parsePeerAddress(options.address);
  const address = addressOf({ ...place, peer });
  if (peer === identity.peerId) throw selfError(address);
  if (named === null || named === peer) return address;
  throw new GstoreError("INVALID_ARGUMENT", `${multiaddr} is an address of another node than ${peer}.`, {
    address: String(multiaddr),
    peer,
  });
}

async function dial(
  address: PeerAddress,
  options: Pick<RequestAsStrangerOptions, "identity" | "proxy"> & { clock: Clock; limit: TimedSignal },
): Promise<TlsLink> {
  const { identity, clock, limit } = options;
  const error = (): Error => dialTimeoutError(address);
  const { signal, clear } = withTimeout(clock, { signal: limit.signal, timeoutMs: DIAL_TIMEOUT_MS, error });
  const credentials = createTlsCredentials(identity);
  try {
    const proxy = proxyOf(options.proxy);
    const dialled = { self: identity.peerId, credentials, alpn: ALPN.join, clock, signal, proxy };
    return await dialTls(address, dialled, async (link) => link);
  } catch (cause) {
    throw isGstoreError(cause, "HANDSHAKE_FAILED") ? notHeardError(address, cause) : cause;
  } finally {
    clear();
  }
}

async function ask(
  link: TlsLink,
  options: { message: RequestAsStrangerOptions["message"]; signal: AbortSignal },
): Promise<Uint8Array> {
  const { signal } = options;
  const abort = (): void => link.destroy(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    if (signal.aborted) throw signal.reason;
    link.write(encodeFrame(encodeStrangerRequest(options.message(strangerBinding(link)))));
    return decodeReply(await readReply(link, signal), link);
  } finally {
    signal.removeEventListener("abort", abort);
    link.destroy();
  }
}

async function readReply(link: TlsLink, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await readFrame(link, STRANGER_REPLY_FRAME_BYTES_MAX);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw cause instanceof RangeError ? violationError(link, cause) : connectionLost(link.peer, cause);
  }
}

function decodeReply(reply: Uint8Array, link: TlsLink): Uint8Array {
  try {
    return decodeStrangerReply(reply, link.peer);
  } catch (cause) {
    throw isGstoreError(cause, "INVALID_FORMAT") ? violationError(link, cause) : cause;
  }
}

function violationError(link: TlsLink, cause: unknown): GstoreError {
  const { peer } = link;
  return new GstoreError("PROTOCOL_VIOLATION", `${peer} gave an answer that is none.`, { peer, cause });
}

/** A node without `gstore-join/1` breaks TLS off, as does what is no node at all. */
function notHeardError(address: PeerAddress, cause: GstoreError): GstoreError {
  const at = String(address.multiaddr);
  const message = `What answers at ${at} is no gstore node, or one that hears no strangers. Check the address.`;
  const { retryable, fields } = cause;
  return new GstoreError("HANDSHAKE_FAILED", message, { ...fields, address: at, retryable, cause });
}

function timeoutError(address: PeerAddress, timeoutMs: number): GstoreError {
  const at = String(address.multiaddr);
  return new GstoreError("TIMEOUT", `${at} gave no answer within ${timeoutMs} ms. Try again later.`, {
    address: at,
    retryable: true,
  });
}
