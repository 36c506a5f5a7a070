import type { Duplex } from "node:stream";
import {
  BULK_CONNECTIONS_PER_PEER_MAX,
  type BulkChannel,
  type Clock,
  DIAL_TIMEOUT_MS,
  GstoreError,
  HANDSHAKE_TIMEOUT_MS,
  type PeerId,
  type Random,
} from "@gstore/core";
import { parseMultiaddr } from "./address.ts";
import { BulkConnection } from "./bulk-connection.ts";
import {
  BULK_TOKEN_BYTES,
  type BulkOpen,
  decodeBulkDialRequest,
  decodeBulkOpen,
  encodeBulkDialRequest,
  encodeBulkOpen,
} from "./bulk-open.ts";
import { encodeFrame } from "./frame-codec.ts";
import { FrameMemory } from "./frame-memory.ts";
import { BULK_OPEN_BYTES_MAX } from "./limits.ts";
import type { PeerNetworkLogger } from "./logger.ts";
import type { PeerConnection, PeerTable } from "./peer-table.ts";
import type { BulkRates } from "./rate-limit.ts";
import { readFrame } from "./read-frame.ts";
import type { TlsEndpoint } from "./tls-endpoint.ts";
import { ALPN, connectionLost, type TlsLink } from "./tls-link.ts";
import { withTimeout } from "./with-timeout.ts";

export interface BulkLinksOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: PeerNetworkLogger;
  readonly endpoint: TlsEndpoint;
  readonly peers: PeerTable;
  readonly rates: BulkRates;
  /** Takes a link that is for no transfers, whose dialler wants to meet somebody. */
  meet(link: TlsLink, other: PeerId): void;
  /** A stream on a punched connection, for a bulk link between the two. */
  openInside(connection: PeerConnection, signal: AbortSignal): Promise<Duplex>;
  /** Asks a peer on its `links` stream. */
  request(peer: PeerId, message: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  /** Serves a transfer that a peer began. */
  serve(peer: PeerId, channel: BulkChannel): Promise<void>;
}

/**
 * Makes bulk links. Whoever dialled the peer's connection dials its bulk links too, for that direction is known to work:
 * a node behind a router is asked to dial, and hands the link over for the other's transfers. Where
 * there is only a way through a relay, so go the bulk links; nobody can dial along a punched way again, and they go inside it.
 */
export class BulkLinks {
  /** What the frames of all bulk links, these and the pool's, lie in. */
  readonly frames: FrameMemory = new FrameMemory();
  readonly rates: BulkRates;
  readonly #options: BulkLinksOptions;
  /** Dials in progress that peers asked for. */
  readonly #dialling = new Map<PeerId, number>();
  /** Links this node asked for, by token. */
  readonly #expected = new Map<string, { peer: PeerId; arrived: (link: TlsLink) => void }>();

  constructor(options: BulkLinksOptions) {
    this.#options = options;
    this.rates = options.rates;
  }

  /** A new link to a connected peer on which this node begins the transfers. */
  async open(peer: PeerId, signal: AbortSignal): Promise<TlsLink> {
    const { peers, clock } = this.#options;
    const connections = peers.usable(peer);
    if (connections.length === 0) throw notConnectedError(peer);
    const limit = withTimeout(clock, {
      signal,
      timeoutMs: DIAL_TIMEOUT_MS,
      error: () => linkTimeoutError(peer),
    });
    try {
      const dialled = connections.findLast(({ link }) => link.direction === "outbound");
      if (dialled) return await this.#dial(dialled, { starter: "dialler" }, limit.signal);
      return await this.#askToDial(peer, limit.signal);
    } finally {
      limit.clear();
    }
  }

  /** Whether a link goes by a worse way than the peer's connection does by now. */
  isDetour(link: TlsLink): boolean {
    return this.#options.peers.isOutdone(link);
  }

  /** Answers a peer that asks for a bulk link for its own transfers. */
  async dialFor(peer: PeerId, message: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const token = decodeBulkDialRequest(message);
    const usable = this.#options.peers.usable(peer);
    const dialled = usable.findLast(({ link }) => link.direction === "outbound");
    if (dialled === undefined) {
      throw new GstoreError("REQUEST_REFUSED", "This node has not dialled you; dial it yourself.", { peer });
    }
    const dialling = this.#dialling.get(peer) ?? 0;
    if (dialling >= BULK_CONNECTIONS_PER_PEER_MAX) {
      throw new GstoreError("TOO_BUSY", "This node dials enough connections for you.", {
        peer,
        retryable: true,
      });
    }
    this.#dialling.set(peer, dialling + 1);
    try {
      this.#serve(await this.#dial(dialled, { starter: "listener", token }, signal));
    } finally {
      const left = (this.#dialling.get(peer) ?? 1) - 1;
      if (left > 0) this.#dialling.set(peer, left);
      else this.#dialling.delete(peer);
    }
    return new Uint8Array(0);
  }

  /** Takes an admitted bulk link that a peer dialled. */
  async accept(link: TlsLink): Promise<void> {
    const { clock, logger, peers } = this.#options;
    const cancelTimeout = clock.after(HANDSHAKE_TIMEOUT_MS, () => link.destroy());
    try {
      // Whoever has no libp2p connection is not connected, and nobody would close its bulk links with it.
      if (peers.connections(link.peer).length === 0) throw notConnectedError(link.peer);
      const open = decodeBulkOpen(await readFrame(link, BULK_OPEN_BYTES_MAX));
      if (open.starter === "dialler") this.#serve(link);
      else if (open.starter === "listener") this.#deliver(link, open.token);
      else this.#options.meet(link, open.meets);
    } catch (error) {
      logger.debug({ peer: link.peer, error }, "closed a bulk connection: its opening was wrong");
      link.destroy();
    } finally {
      cancelTimeout();
    }
  }

  async #dial(known: PeerConnection, open: BulkOpen, signal: AbortSignal): Promise<TlsLink> {
    const { endpoint, openInside } = this.#options;
    const below = known.link.punched ? await openInside(known, signal) : undefined;
    const address = parseMultiaddr(known.link.address);
    const { link } = await endpoint.dial(address, { alpn: ALPN.bulk, signal, below });
    if (this.#options.peers.connections(link.peer).length === 0) {
      link.destroy();
      throw connectionLost(link.peer);
    }
    link.write(encodeFrame(encodeBulkOpen(open)));
    return link;
  }

  async #askToDial(peer: PeerId, signal: AbortSignal): Promise<TlsLink> {
    const token = this.#options.random.bytes(BULK_TOKEN_BYTES);
    const key = Buffer.from(token).toString("hex");
    const { promise, resolve, reject } = Promise.withResolvers<TlsLink>();
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    this.#expected.set(key, { peer, arrived: resolve });
    try {
      this.#options.request(peer, encodeBulkDialRequest(token), signal).catch(reject);
      return await promise;
    } finally {
      this.#expected.delete(key);
      signal.removeEventListener("abort", abort);
    }
  }

  #deliver(link: TlsLink, token: Uint8Array): void {
    const expected = this.#expected.get(Buffer.from(token).toString("hex"));
    if (expected?.peer === link.peer) expected.arrived(link);
    else link.destroy();
  }

  /** Serves the transfers that the peer begins on this link, one after the other. */
  #serve(link: TlsLink): void {
    const { clock, serve, logger } = this.#options;
    const connection = new BulkConnection(link, {
      initiates: false,
      clock,
      frames: this.frames,
      rates: this.rates,
      idle: () => {},
      began: (transfer) => {
        serve(link.peer, transfer).then(
          () => transfer.release(),
          (error: unknown) => {
            logger.debug({ peer: link.peer, error }, "a bulk transfer was broken off");
            transfer.abort(error instanceof Error ? error : connectionLost(link.peer, error));
          },
        );
      },
    });
    void connection;
  }
}

/** Nobody of this id is connected. */
export function notConnectedError(peer: PeerId): GstoreError {
  return new GstoreError("PEER_UNREACHABLE", `${peer} is not connected.`, { peer, retryable: true });
}

function linkTimeoutError(peer: PeerId): GstoreError {
  const message = `No bulk connection to ${peer} could be made within ${DIAL_TIMEOUT_MS} ms.`;
  return new GstoreError("PEER_UNREACHABLE", message, { peer, retryable: true });
}
