import {
  type BulkChannel,
  type BulkLimits,
  type ConnectedPeer,
  type ConnectOptions,
  GstoreError,
  type PeerHandlers,
  type PeerId,
  type PeerNetwork,
  type ReachabilityState,
} from "@gstore/core";
import { verifyCertificate } from "@gstore/crypto";
import type { Libp2p } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { type PeerAddress, parsePeerAddress } from "./address.ts";
import { ApartDials } from "./apart-dials.ts";
import { BulkLinks, notConnectedError } from "./bulk-links.ts";
import { BulkPool } from "./bulk-pool.ts";
import { connectPeer } from "./connect-peer.ts";
import { ConnectionIntake } from "./connection-intake.ts";
import type { KadMemberDht } from "./dht/kad-member-dht.ts";
import { openDht } from "./dht/open-dht.ts";
import { type LanDiscovery, openLan } from "./lan-discovery.ts";
import { createLibp2pNode } from "./libp2p-node.ts";
import { limitPeerWarnings } from "./limit-peer-warnings.ts";
import { LinkGate } from "./link-gate.ts";
import { expandListenAddresses } from "./listen-addresses.ts";
import type { PeerNetworkOptions } from "./peer-network-options.ts";
import { PeerTable } from "./peer-table.ts";
import { pingPeer } from "./ping-peer.ts";
import { type BulkRates, bulkRatesOf, RateLimit, setBulkRates } from "./rate-limit.ts";
import { Reconnector } from "./reconnector.ts";
import { Relaying } from "./relay/relaying.ts";
import { RequestStreams, type StreamPurpose } from "./request-streams.ts";
import { StrangerDesk } from "./stranger-desk.ts";
import { createTlsCredentials } from "./tls-certificate.ts";
import { type AdmittedLink, TlsEndpoint } from "./tls-endpoint.ts";
import { connectionLost } from "./tls-link.ts";
import { proxyOf } from "./web/web-proxy.ts";

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
  readonly #intake: ConnectionIntake;
  readonly #relaying: Relaying;
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
      proxy: proxyOf(options.proxy),
      clock,
      logger,
      openRelayed: (relay, peer, signal) => this.#relaying.open(relay, peer, signal),
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
        this.#relaying.connected(connected.peer);
      },
      connectedAgain: (connected) => {
        this.#handlers?.connectedAgain?.(connected);
        this.#bulkPool.connectedAgain(connected.peer);
        this.#relaying.connected(connected.peer);
      },
      disconnected: (peer) => this.#disconnected(peer),
      links: (peer) => this.#gate.links(peer),
      isIdle: (connection) => this.#streams.isIdle(connection),
    });
    this.#intake = new ConnectionIntake({ clock, peers: this.#peers });
    this.#rates = { up: new RateLimit(clock), down: new RateLimit(clock) };
    this.#relaying = new Relaying({
      ...{ self: this.self, clock, random, logger, endpoint: this.#endpoint, peers: this.#peers },
      mode: options.relay ?? "off",
      ...{ rates: this.#rates, limits: options.relayLimits, isPunchable: options.isPunchable },
      ...{ upnp: options.upnp ?? false, bound: () => this.#bound() },
      request: ({ connection }, message) => this.#streams.request(connection, "reach", message, {}),
    });
    this.#bulkLinks = new BulkLinks({
      ...{ rates: this.#rates, clock, random, logger, endpoint: this.#endpoint, peers: this.#peers },
      meet: (link, other) => this.#relaying.meetings.join(link, other),
      openInside: (connection, signal) => this.#relaying.openInside(connection, signal),
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
    let admitRelayed: ((admitted: AdmittedLink) => void) | null = null;
    const node = await createLibp2pNode({
      identity: this.#options.identity,
      agent: this.#options.agent,
      listen: this.#listen.map((address) => String(address.multiaddr)),
      endpoint: this.#endpoint,
      expectedAt: (address) => this.#apart.expectedAt(address),
      connecting: (connection, admitted) => this.#intake.connecting(connection, admitted),
      intake: (admit) => {
        admitRelayed = admit;
      },
      bulkAdmitted: (link) => void this.#bulkLinks.accept(link),
      listenFailed: (error) => {
        this.#listenError ??= error;
      },
    });
    await this.#streams.serveOn(node);
    await this.#relaying.serveOn(node, admitRelayed);
    node.addEventListener("connection:open", ({ detail }) => this.#intake.opened(detail, this.#stopped));
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
    await Promise.all([this.#lan?.stop(), this.#dht?.stop(), this.#relaying.stop()]);
    this.#gate.expelStrangers();
    this.#desk.close();
    await this.#gate.endAll(this.#options.clock);
    await this.#node?.stop();
  }

  get dht(): KadMemberDht | null {
    return this.#dht;
  }

  addresses(): string[] {
    if (this.#stopped) return [];
    return [...expandListenAddresses(this.#bound(), this.self), ...this.#relaying.reachability.addresses()];
  }

  reachability(): ReachabilityState {
    return this.#relaying.state();
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

  async connect(address: string, options: ConnectOptions = {}): Promise<PeerId> {
    const { clock } = this.#options;
    const parts = { self: this.self, peers: this.#peers, apart: this.#apart, clock };
    return await connectPeer(parsePeerAddress(address), options, { ...parts, node: () => this.#started() });
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
    if (purpose === "reach") return await this.#relaying.answer(from, message);
    if (purpose === "links") return await this.#bulkLinks.dialFor(from, message, signal);
    return await this.#running().request(from, purpose, message, signal);
  }

  #disconnected(peer: PeerId): void {
    this.#dht?.disconnected(peer);
    const error = connectionLost(peer);
    this.#bulkPool.close(peer, error);
    for (const link of this.#gate.links(peer)) link.destroy(error);
    this.#relaying.disconnected(peer);
    this.#handlers?.disconnected(peer);
    this.#reconnector.disconnected(peer);
  }

  #bound(): Multiaddr[] {
    return this.#stopped ? [] : (this.#node?.getMultiaddrs() ?? []);
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
