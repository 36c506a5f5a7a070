import {
  type BulkChannel,
  type BulkLimits,
  type CertificateChain,
  type Clock,
  type ConnectedPeer,
  GstoreError,
  isGstoreError,
  type PeerHandlers,
  type PeerId,
  type PeerNetwork,
  type Random,
  type RequestPurpose,
} from "@gstore/core";
import { monitorLink, type PeerConnection, PeerTable, Reconnector } from "@gstore/p2p/internals";
import type { Life } from "../world/life.ts";
import type { SimulatedBulkChannel } from "./bulk-channel.ts";
import { BulkLinks } from "./bulk-links.ts";
import { dial } from "./dial.ts";
import { peerOfAddress } from "./host.ts";
import { type Internet, unreachable } from "./internet.ts";
import type { Link } from "./link.ts";
import { type RequestOptions, RequestStreams } from "./request-streams.ts";

export interface SimulatedNetworkOptions {
  readonly self: PeerId;
  readonly certificate: CertificateChain;
  readonly bootstrap: readonly string[];
  readonly internet: Internet;
  readonly life: Life;
  readonly clock: Clock;
  readonly random: Random;
  /** Puts something between the node and its peers. */
  readonly wrap?: (handlers: PeerHandlers) => PeerHandlers;
}

const silentLogger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/**
 * One process's door to the simulated internet. Who is connected, which of two connections is used, when a silent peer is
 * given up and when a lost one is dialled again is decided by the real network's own code.
 */
export class SimulatedNetwork implements PeerNetwork {
  #limits: BulkLimits = { upBytesPerSecond: null, downBytesPerSecond: null };
  readonly self: PeerId;
  readonly life: Life;
  readonly bulkLinks: BulkLinks;
  readonly certificate: CertificateChain;
  readonly #options: SimulatedNetworkOptions;
  readonly #peers: PeerTable;
  readonly #reconnector: Reconnector;
  readonly #streams = new Map<Link, RequestStreams>();
  #handlers: PeerHandlers | null = null;

  constructor(options: SimulatedNetworkOptions) {
    const { self, life, clock, random, internet } = options;
    this.self = self;
    this.life = life;
    this.certificate = options.certificate;
    this.#options = options;
    this.bulkLinks = new BulkLinks({ life, clock, internet, self });
    this.#peers = new PeerTable({
      ...{ self, clock },
      connected: (peer) => this.#handlers?.connected(peer),
      connectedAgain: (peer) => this.#handlers?.connectedAgain?.(peer),
      disconnected: (peer) => this.#disconnected(peer),
      links: (peer) => realLinks(this.bulkLinks.links(peer)),
      isIdle: (connection) => this.#streamsOf(linkOf(connection)).isIdle,
    });
    this.#reconnector = new Reconnector({
      ...{ clock, random, self, logger: silentLogger },
      connect: (address) => this.connect(address),
      isConnected: (peer) => this.isConnectedTo(peer),
    });
    for (const address of options.bootstrap) this.keepConnected(address);
  }

  get handlers(): PeerHandlers {
    if (this.#handlers === null) throw new GstoreError("NOT_RUNNING", "The network is not started.");
    return this.#handlers;
  }

  /** Requests under way, asked or served. */
  get requestsInFlight(): number {
    return [...this.#streams.values()].filter((streams) => !streams.isIdle).length;
  }

  async start(handlers: PeerHandlers): Promise<void> {
    this.#handlers = this.#options.wrap?.(handlers) ?? handlers;
    this.#options.internet.host(this.self).network = this;
    this.#reconnector.start();
  }

  async stop(): Promise<void> {
    this.#reconnector.stop();
    const host = this.#options.internet.host(this.self);
    if (host.network === this) host.network = null;
    for (const { peer } of this.peers()) await this.disconnect(peer);
    this.#handlers = null;
  }

  /** What the machine does when the process is gone without a word: it closes its sockets, unless it lost power itself. */
  vanish({ withPower }: { withPower: boolean }): void {
    const host = this.#options.internet.host(this.self);
    if (host.network === this) host.network = null;
    if (withPower) return;
    for (const link of this.#streams.keys()) link.closeOrphaned();
    this.bulkLinks.orphan();
  }

  /** Kept, and not kept to: what moves here takes no time to limit. */
  limitBulk(limits: BulkLimits): void {
    this.#limits = limits;
  }

  bulkLimits(): BulkLimits {
    return this.#limits;
  }

  addresses(): string[] {
    return [this.#options.internet.host(this.self).address];
  }

  peers(): ConnectedPeer[] {
    return this.#peers.list();
  }

  isConnectedTo(peer: PeerId): boolean {
    return this.#peers.get(peer) !== null;
  }

  keepConnected(address: string): void {
    this.#reconnector.keep(address, peerOfAddress(address));
  }

  forgetAddress(address: string): void {
    this.#reconnector.forget(address);
  }

  async ping(peer: PeerId): Promise<number> {
    const preferred = this.#peers.preferred(peer);
    if (preferred === null) throw unreachable(peer);
    const begun = this.#options.clock.monotonic();
    await preferred.ping();
    return this.#options.clock.monotonic() - begun;
  }

  async connect(address: string, options: { signal?: AbortSignal } = {}): Promise<PeerId> {
    const peer = peerOfAddress(address);
    if (peer === this.self) throw new GstoreError("INVALID_ARGUMENT", "That is this node itself.");
    if (this.isConnectedTo(peer)) return peer;
    const { internet, clock } = this.#options;
    await dial({ internet, clock, from: this, to: peer, ...options });
    return peer;
  }

  async disconnect(peer: PeerId): Promise<void> {
    for (const { link } of [...this.#peers.connections(peer)]) link.destroy();
    this.bulkLinks.close(peer);
  }

  async request(
    peer: PeerId,
    purpose: RequestPurpose,
    message: Uint8Array,
    options: RequestOptions = {},
  ): Promise<Uint8Array> {
    const preferred = this.#peers.preferred(peer);
    if (preferred === null) throw unreachable(peer);
    return await this.#streamsOf(linkOf(preferred.connection)).request(purpose, message, options);
  }

  async openBulk(peer: PeerId, options: { signal?: AbortSignal } = {}): Promise<BulkChannel> {
    if (!this.isConnectedTo(peer)) throw unreachable(peer);
    return await this.bulkLinks.begin(peer, options.signal);
  }

  /** Takes an admitted connection. */
  add(link: Link, certificate: CertificateChain): void {
    const connection = asConnection(link, certificate);
    this.#streams.set(link, new RequestStreams(link, { clock: this.#options.clock, answer: this.#answer }));
    link.onClose(() => {
      this.#streams.delete(link);
      this.#peers.remove(connection);
    });
    this.#peers.add(connection);
    monitorLink(connection.link, {
      clock: this.#options.clock,
      ping: () => link.ping(),
      measured: (roundTripMs) => {
        connection.roundTripMs = roundTripMs;
      },
    });
    link.establish();
  }

  /** Serves a transfer that a peer began. */
  serveBulk(from: PeerId, channel: SimulatedBulkChannel): void {
    const serve = async (): Promise<void> => {
      await this.handlers.bulk(from, channel);
      await channel.end().catch(() => {});
      // What the peer still sends is thrown away.
      while ((await channel.receive().catch(() => null)) !== null);
    };
    serve().catch((error: unknown) => channel.abort(this.#asItTravels(error)));
  }

  async answerStranger(from: PeerId, message: Uint8Array, binding: Uint8Array): Promise<Uint8Array> {
    try {
      if (this.handlers.stranger === undefined)
        throw new GstoreError("REQUEST_REFUSED", "Strangers are not heard.");
      return await this.handlers.stranger(from, message, binding);
    } catch (error) {
      throw this.#asItTravels(error);
    }
  }

  readonly #answer = async (
    link: Link,
    purpose: RequestPurpose,
    message: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array> => {
    try {
      return await this.handlers.request(link.peer, purpose, message, signal);
    } catch (error) {
      throw this.#asItTravels(error);
    }
  };

  #disconnected(peer: PeerId): void {
    this.bulkLinks.close(peer);
    this.#handlers?.disconnected(peer);
    this.#reconnector.disconnected(peer);
  }

  /** A peer is told a `GstoreError`'s code and message, of others only that there was one. */
  #asItTravels(error: unknown): GstoreError {
    const peer = this.self;
    if (isGstoreError(error))
      return new GstoreError(error.code, error.message, { peer, retryable: error.retryable });
    this.#options.internet.onUnexpected(peer, error);
    return new GstoreError("INTERNAL", "The peer failed.", { peer });
  }

  #streamsOf(link: Link): RequestStreams {
    const streams = this.#streams.get(link);
    if (streams === undefined) throw new Error("the link belongs to another process");
    return streams;
  }
}

/** The real network's code knows links as TLS sockets; of these it uses what {@link Link} has too. */
function asConnection(link: Link, certificate: CertificateChain): PeerConnection {
  const connection = { link, close: async () => link.destroy() };
  const ping = () => link.ping();
  return { connection, link, certificate, ping, roundTripMs: null } as unknown as PeerConnection;
}

function linkOf(connection: PeerConnection["connection"]): Link {
  return (connection as unknown as { link: Link }).link;
}

function realLinks(links: readonly Link[]): PeerConnection["link"][] {
  return links as unknown as PeerConnection["link"][];
}
