import {
  type BulkChannel,
  type BulkLimits,
  type CertificateChain,
  type ConnectedPeer,
  type ConnectOptions,
  GstoreError,
  type PeerHandlers,
  type PeerId,
  type PeerNetwork,
} from "@gstore/core";
import { verifyCertificate } from "@gstore/crypto";
import type { Connection, Libp2p } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { type PeerAddress, parsePeerAddress } from "./address.ts";
import { ApartDials } from "./apart-dials.ts";
import { BulkLinks, notConnectedError } from "./bulk-links.ts";
import { BulkPool } from "./bulk-pool.ts";
import type { KadMemberDht } from "./dht/kad-member-dht.ts";
import { openDht } from "./dht/open-dht.ts";
import { selfError } from "./dial-errors.ts";
import { dialPeer } from "./dial-peer.ts";
import { type LanDiscovery, openLan } from "./lan-discovery.ts";
import { createLibp2pNode } from "./libp2p-node.ts";
import { limitPeerWarnings } from "./limit-peer-warnings.ts";
import { LinkGate } from "./link-gate.ts";
import { expandListenAddresses } from "./listen-addresses.ts";
import type { PeerNetworkOptions } from "./peer-network-options.ts";
import { PeerTable } from "./peer-table.ts";
import { monitorLink } from "./ping-monitor.ts";
import { pingPeer } from "./ping-peer.ts";
import { type BulkRates, bulkRatesOf, RateLimit, setBulkRates } from "./rate-limit.ts";
import { Reconnector } from "./reconnector.ts";
import { RequestStreams, type StreamPurpose } from "./request-streams.ts";
import { StrangerDesk } from "./stranger-desk.ts";
import { createTlsCredentials } from "./tls-certificate.ts";
import type { TlsConnection } from "./tls-connection.ts";
import { TlsEndpoint } from "./tls-endpoint.ts";
import { connectionLost } from "./tls-link.ts";

/** {@link PeerNetwork} on libp2p with our transport. To be started once. */
export class Libp2pPeerNetwork implements PeerNetwork {
  readonly self: PeerId;
  readonly #options: PeerNetworkOptions;
  readonly #listen: PeerAddress[];
  readonly #gate: LinkGate;
  readonly #desk: StrangerDesk;
  readonly #peers: PeerTable;
  readonly #streams: RequestStreams;
  readonly #endpoint: TlsEndpoint;
  readonly #bulkLinks: BulkLinks;
  readonly #bulkPool: BulkPool;
  readonly #rates: BulkRates;
  readonly #reconnector: Reconnector;
  readonly #apart: ApartDials = new ApartDials();
  readonly #connecting = new WeakMap<
    Multiaddr,
    { connection: TlsConnection; certificate: CertificateChain }
  >();
  #handlers: PeerHandlers | null = null;
  #node: Libp2p | null = null;
  #lan: LanDiscovery | null = null;
  #dht: KadMemberDht | null = null;
  #listenError: Error | null = null;
  #stopped = false;

  constructor(options: PeerNetworkOptions) {
    const { identity, networkId, certificate, clock, random, agent } = options;
    const logger = limitPeerWarnings(options.logger, clock);
    this.self = identity.peerId;
    this.#options = options;
    this.#listen = options.listen.map(parsePeerAddress);
    this.#gate = new LinkGate(options.limits, (link) => this.#peers.linkClosed(link));
    this.#desk = new StrangerDesk({
      clock,
      logger,
      handler: () => (this.#stopped ? null : (this.#handlers?.stranger?.bind(this.#handlers) ?? null)),
    });
    this.#endpoint = new TlsEndpoint({
      self: this.self,
      credentials: createTlsCredentials(identity),
      gate: this.#gate,
      desk: this.#desk,
      clock,
      logger,
      terms: {
        network: networkId,
        certificate,
        agent,
        sign: (bytes) => identity.sign(bytes),
        admit: (peer, chain) => this.#running().admit(peer, chain),
        verify: (chain, claim) => void verifyCertificate(chain, claim),
      },
    });
    this.#streams = new RequestStreams({
      clock,
      logger,
      handle: (from, purpose, message, signal) => this.#answer(from, purpose, message, signal),
    });
    this.#peers = new PeerTable({
      self: this.self,
      clock,
      connected: (connected) => {
        this.#handlers?.connected(connected);
        this.#dht?.connected(connected.peer);
      },
      connectedAgain: (peer) => this.#handlers?.connectedAgain?.(peer),
      disconnected: (peer) => this.#disconnected(peer),
      links: (peer) => this.#gate.links(peer),
      isIdle: (connection) => this.#streams.isIdle(connection),
    });
    this.#rates = { up: new RateLimit(clock), down: new RateLimit(clock) };
    this.#bulkLinks = new BulkLinks({
      rates: this.#rates,
      clock,
      random,
      logger,
      endpoint: this.#endpoint,
      peers: this.#peers,
      request: (peer, message, signal) => this.request(peer, "links", message, { signal }),
      // Async, so that what is thrown at once is a rejection too.
      serve: async (peer, channel) => await this.#running().bulk(peer, channel),
    });
    this.#bulkPool = new BulkPool({ clock, links: this.#bulkLinks });
    this.#reconnector = new Reconnector({
      clock,
      random,
      logger,
      self: this.self,
      connect: (address) => this.connect(address),
      isConnected: (peer) => this.#peers.get(peer) !== null,
    });
    for (const address of options.bootstrap) this.keepConnected(address);
  }

  async start(handlers: PeerHandlers): Promise<void> {
    if (this.#handlers || this.#stopped)
      throw new GstoreError("ALREADY_RUNNING", "This network has been started before.");
    this.#handlers = handlers;
    const node = await createLibp2pNode({
      identity: this.#options.identity,
      agent: this.#options.agent,
      listen: this.#listen.map((address) => String(address.multiaddr)),
      endpoint: this.#endpoint,
      expectedAt: (address) => this.#apart.expectedAt(address),
      // libp2p hands the address object through, and by it a connection is told to belong to its link.
      connecting: (connection, { certificate }) =>
        this.#connecting.set(connection.remoteAddr, { connection, certificate }),
      bulkAdmitted: (link) => void this.#bulkLinks.accept(link),
      listenFailed: (error) => {
        this.#listenError ??= error;
      },
    });
    await this.#streams.serveOn(node);
    node.addEventListener("connection:open", (event) => this.#connectionOpened(event.detail));
    this.#node = node;
    try {
      await node.start();
    } catch (error) {
      this.#stopped = true;
      throw this.#listenError ?? error;
    }
    this.#reconnector.start();
    this.#lan = await openLan(this.#options, this, handlers);
    const connection = (peer: PeerId) => this.#peers.preferred(peer)?.connection ?? null;
    this.#dht = await openDht(this.#options, { node, network: this, connection }, handlers);
  }

  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#reconnector.stop();
    await Promise.all([this.#lan?.stop(), this.#dht?.stop()]);
    this.#gate.expelStrangers();
    this.#desk.close();
    await this.#gate.endAll(this.#options.clock);
    await this.#node?.stop();
  }

  get dht(): KadMemberDht | null {
    return this.#dht;
  }

  addresses(): string[] {
    const bound = this.#node === null || this.#stopped ? [] : this.#node.getMultiaddrs();
    return expandListenAddresses(bound, this.self);
  }

  peers(): ConnectedPeer[] {
    return this.#peers.list();
  }

  keepConnected(address: string): void {
    this.#reconnector.keep(address, parsePeerAddress(address).peer);
  }

  forgetAddress(address: string): void {
    this.#reconnector.forget(address);
  }

  async connect(address: string, { signal, apart }: ConnectOptions = {}): Promise<PeerId> {
    const parsed = parsePeerAddress(address);
    const { peer } = parsed;
    if (peer === this.self) throw selfError(parsed);
    if (peer !== null && this.#peers.get(peer) !== null) return peer;
    const options = { clock: this.#options.clock, signal };
    if (!apart || peer === null) return await dialPeer(this.#started(), parsed, options);
    return await this.#apart.dial(this.#started(), { ...parsed, peer }, options);
  }

  async disconnect(peer: PeerId): Promise<void> {
    const links = this.#gate.links(peer);
    const closed = links.map((link) => new Promise<void>((resolve) => link.onClose(resolve)));
    for (const link of links) link.destroy(connectionLost(peer));
    this.#desk.close(peer);
    await Promise.all(closed);
  }

  async request(
    peer: PeerId,
    purpose: StreamPurpose,
    message: Uint8Array,
    options: { signal?: AbortSignal; timeoutMs?: number } = {},
  ): Promise<Uint8Array> {
    const preferred = this.#peers.preferred(peer);
    if (preferred === null) throw notConnectedError(peer);
    return await this.#streams.request(preferred.connection, purpose, message, options);
  }

  async ping(peer: PeerId, options: { signal?: AbortSignal } = {}): Promise<number> {
    const preferred = this.#peers.preferred(peer);
    if (preferred === null) throw notConnectedError(peer);
    return await pingPeer(preferred, { clock: this.#options.clock, signal: options.signal });
  }

  async openBulk(peer: PeerId, options: { signal?: AbortSignal } = {}): Promise<BulkChannel> {
    if (this.#peers.get(peer) === null) throw notConnectedError(peer);
    return await this.#bulkPool.take(peer, options.signal ?? new AbortController().signal);
  }

  limitBulk(limits: BulkLimits): void {
    setBulkRates(this.#rates, limits);
  }

  bulkLimits(): BulkLimits {
    return bulkRatesOf(this.#rates);
  }

  async #answer(
    from: PeerId,
    purpose: StreamPurpose,
    message: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    if (purpose === "links") return await this.#bulkLinks.dialFor(from, message, signal);
    return await this.#running().request(from, purpose, message, signal);
  }

  #connectionOpened(connection: Connection): void {
    const admitted = this.#connecting.get(connection.remoteAddr);
    if (admitted === undefined || !admitted.connection.link.isOpen || this.#stopped) {
      connection.abort(new Error("not admitted"));
      return;
    }
    const { link } = admitted.connection;
    const { certificate } = admitted;
    const ping = () => admitted.connection.ping();
    const entry = { connection, link, certificate, ping, roundTripMs: null as number | null };
    link.onClose(() => this.#peers.remove(entry));
    this.#peers.add(entry);
    monitorLink(link, {
      clock: this.#options.clock,
      ping,
      measured: (roundTripMs) => {
        entry.roundTripMs = roundTripMs;
      },
    });
  }

  #disconnected(peer: PeerId): void {
    this.#dht?.disconnected(peer);
    const error = connectionLost(peer);
    this.#bulkPool.close(peer, error);
    for (const link of this.#gate.links(peer)) link.destroy(error);
    this.#handlers?.disconnected(peer);
    this.#reconnector.disconnected(peer);
  }

  #started(): Libp2p {
    if (this.#node === null || this.#stopped) throw notStartedError();
    return this.#node;
  }

  #running(): PeerHandlers {
    if (this.#handlers === null || this.#stopped) throw notStartedError();
    return this.#handlers;
  }
}

const notStartedError = (): GstoreError => new GstoreError("NOT_RUNNING", "The network is not started.");
