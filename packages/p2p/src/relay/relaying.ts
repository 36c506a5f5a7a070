import { isIPv4 } from "node:net";
import type { Duplex } from "node:stream";
import {
  type Clock,
  GstoreError,
  HANDSHAKE_TIMEOUT_MS,
  type PeerId,
  type Random,
  type ReachabilityState,
} from "@gstore/core";
import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { addressOf, parseMultiaddr } from "../address.ts";
import { DIAL_BACK_TIMEOUT_MS, DIAL_BACKS_AT_ONCE_MAX, RELAY_MESSAGE_BYTES_MAX } from "../limits.ts";
import { localPlaces, portOf } from "../listen-addresses.ts";
import type { PeerNetworkLogger } from "../logger.ts";
import type { PeerConnection, PeerTable } from "../peer-table.ts";
import type { BulkRates } from "../rate-limit.ts";
import { peerOf } from "../request-streams.ts";
import type { AdmittedLink, TlsEndpoint } from "../tls-endpoint.ts";
import { ALPN, type TlsLink } from "../tls-link.ts";
import { PortForwarder } from "../upnp/port-forwarder.ts";
import { withTimeout } from "../with-timeout.ts";
import { Meetings, type MeetingsLimits } from "./meetings.ts";
import { isOutside } from "./punchable.ts";
import { Puncher } from "./puncher.ts";
import { Reachability } from "./reachability.ts";
import { openRelayed } from "./relay-dialer.ts";
import {
  decodeReachRequest,
  decodeRelayOpen,
  encodeDialBackAnswer,
  encodeRelayAnswer,
  type SeenAt,
} from "./relay-messages.ts";
import {
  RELAY_PROTOCOL,
  RELAYED_PROTOCOL,
  RelayServer,
  type RelayServerLimits,
  STREAMS,
} from "./relay-server.ts";
import { readFrameOf, StreamDuplex, writeFrame } from "./stream-duplex.ts";

/** On this a bulk link runs where a connection is punched. */
const INSIDE_PROTOCOL = "/gstore/1/inside";

/** Whether a node relays for other members: always, never, or while they can dial it. */
export type RelayMode = "on" | "off" | "auto";

export interface RelayingOptions {
  readonly self: PeerId;
  readonly mode: RelayMode;
  readonly limits?: Partial<RelayServerLimits & MeetingsLimits> | undefined;
  /** Of this node's bulk transfers, to which what it relays is added. */
  readonly rates: BulkRates;
  readonly isPunchable?: ((seen: SeenAt) => boolean) | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: PeerNetworkLogger;
  readonly endpoint: TlsEndpoint;
  readonly peers: PeerTable;
  /** Whether a router is asked to forward a port. */
  readonly upnp: boolean;
  /** Where this node listens. */
  bound(): readonly Multiaddr[];
  request(connection: PeerConnection, message: Uint8Array): Promise<Uint8Array>;
}

/** All of a node's dealings with relays: as one, through one, and finding out whether it needs one (docs/spec/relay.md). */
export class Relaying {
  readonly server: RelayServer;
  readonly reachability: Reachability;
  readonly meetings: Meetings;
  readonly #puncher: Puncher;
  #forwarder: PortForwarder | null = null;
  readonly #options: RelayingOptions;
  readonly #diallingBack = new Set<PeerId>();
  #admit: ((admitted: AdmittedLink) => void) | null = null;

  constructor(options: RelayingOptions) {
    this.#options = options;
    const { self, clock, random, logger, peers, request, limits, endpoint } = options;
    this.meetings = new Meetings({
      ...{ clock, logger, limits, rates: options.rates },
      isWilling: () => this.#isWilling(),
      isDirect: (peer) => peers.direct(peer) !== null,
    });
    this.#puncher = new Puncher({
      ...{ self, clock, random, logger, endpoint, peers, request, isAllowed: options.isPunchable },
      admit: (admitted) => this.#admit?.(admitted),
    });
    this.server = new RelayServer({
      ...{ clock, logger, limits, rates: options.rates },
      isWilling: () => this.#isWilling(),
      direct: (peer) => peers.direct(peer)?.connection ?? null,
    });
    const connections = (): PeerConnection[] => peers.list().flatMap(({ peer }) => peers.direct(peer) ?? []);
    const port = (link?: TlsLink): number => this.#portFor(link);
    this.reachability = new Reachability({ self, clock, random, logger, port, connections, request });
  }

  /** `admit` takes links that came through a relay and have passed the handshake. */
  async serveOn(node: Libp2p, admit: ((admitted: AdmittedLink) => void) | null): Promise<void> {
    this.#admit = admit;
    const direct = (stream: Stream, peer: PeerId): void => void this.server.serve(stream, peer);
    await node.handle(RELAY_PROTOCOL, (stream, by) => direct(stream, peerOf(by)), STREAMS);
    const through = (stream: Stream, relay: PeerId): void => void this.#joined(stream, relay);
    await node.handle(RELAYED_PROTOCOL, (stream, by) => through(stream, peerOf(by)), STREAMS);
    await node.handle(INSIDE_PROTOCOL, (stream, by) => this.#inside(stream, by), STREAMS);
    this.reachability.start();
    if (this.#options.upnp) this.#forwarder = this.#forward();
  }

  async stop(): Promise<void> {
    this.reachability.stop();
    this.#puncher.stop();
    await this.#forwarder?.stop();
  }

  /** A peer has a connection, the first or one more. */
  connected(peer: PeerId): void {
    this.reachability.changed();
    this.#puncher.connected(peer);
  }

  state(): ReachabilityState {
    const { reached, relays } = this.reachability;
    const { refused, ...counts } = this.server.counts;
    const refusedAll = refused + this.meetings.refused;
    const { turnedAway } = this.#options.endpoint;
    const forwardedPort = this.#forwarder?.port ?? null;
    const own = { ...counts, refused: refusedAll, ...this.#puncher.counts };
    return { reached, relays, ...own, turnedAway, forwardedPort };
  }

  /** A stream to a member from its relay. */
  async open(relay: PeerId, peer: PeerId, signal: AbortSignal): Promise<Duplex> {
    const connection = this.#options.peers.direct(relay)?.connection ?? null;
    return await openRelayed(connection, { relay, peer, signal });
  }

  /** A stream on a punched connection, on which a bulk link may run. */
  async openInside({ connection }: PeerConnection, signal: AbortSignal): Promise<Duplex> {
    return new StreamDuplex(await connection.newStream(INSIDE_PROTOCOL, { signal, ...STREAMS }));
  }

  /** Answers a request on the `reach` stream. */
  async answer(from: PeerId, message: Uint8Array): Promise<Uint8Array> {
    const request = decodeReachRequest(message);
    if (request.kind === "dialBack") return await this.#dialBack(from, request.port);
    if (request.kind === "reserve") this.server.reserve(from);
    else if (request.kind === "release") this.server.release(from);
    else this.#puncher.asked(from);
    return new Uint8Array(0);
  }

  disconnected(peer: PeerId): void {
    this.server.release(peer);
    this.reachability.disconnected(peer);
  }

  #forward(): PortForwarder {
    const { self, clock, random, logger, bound } = this.#options;
    return new PortForwarder({
      ...{ clock, random, logger },
      places: () => localPlaces(bound(), self),
      isNeeded: () => this.reachability.reached !== "yes",
      // What the router says is believed once a member was there.
      changed: () => this.reachability.changed(),
    });
  }

  /** Who comes from outside comes by the port that the router forwards. */
  #portFor(link?: TlsLink): number {
    const { bound } = this.#options;
    const from = link?.socket.remoteAddress?.replace(/^::ffff:/i, "") ?? "";
    const forwarded = isIPv4(from) && isOutside(from) ? this.#forwarder?.port : null;
    return forwarded ?? portOf(bound());
  }

  /** Who was dialled by somebody can be dialled, until it finds out that not everybody can. */
  #isWilling(): boolean {
    const { mode, peers } = this.#options;
    if (mode !== "auto") return mode === "on";
    const { reached } = this.reachability;
    if (reached !== "unknown") return reached === "yes";
    return peers.list().some(({ peer }) => peers.direct(peer)?.link.direction === "inbound");
  }

  async #dialBack(peer: PeerId, port: number): Promise<Uint8Array> {
    const { link } = this.#options.peers.direct(peer) ?? {};
    if (link === undefined) throw new GstoreError("REQUEST_REFUSED", "This node sees you at no address.");
    const { host, web } = parseMultiaddr(link.address);
    const relays = this.#isWilling();
    // Who came through a web server or proxy is not at the address seen.
    if (link.direction === "inbound" && web !== null)
      return encodeDialBackAnswer({ host, reached: false, relays });
    if (link.direction === "outbound" || port === 0)
      return encodeDialBackAnswer({ host, reached: link.direction === "outbound", relays });
    if (this.#diallingBack.has(peer) || this.#diallingBack.size >= DIAL_BACKS_AT_ONCE_MAX)
      throw new GstoreError("TOO_BUSY", "This node dials back enough.", { retryable: true });
    this.#diallingBack.add(peer);
    try {
      const reached = await this.#dial({ host, port, peer });
      return encodeDialBackAnswer({ host, reached, relays });
    } finally {
      this.#diallingBack.delete(peer);
    }
  }

  /** Whether that very member answers at its own address on a port. */
  async #dial(at: { readonly host: string; readonly port: number; readonly peer: PeerId }): Promise<boolean> {
    const { clock, endpoint } = this.#options;
    const error = (): Error => new GstoreError("TIMEOUT", "It does not answer.");
    const limit = withTimeout(clock, { timeoutMs: DIAL_BACK_TIMEOUT_MS, error });
    try {
      // A bulk link without an opening: it is no connection of the peer, and closed again.
      const { link } = await endpoint.dial(addressOf(at), { alpn: ALPN.bulk, signal: limit.signal });
      link.end();
      return true;
    } catch {
      return false;
    } finally {
      limit.clear();
    }
  }

  /** A peer wants a bulk link by the punched way that it is connected by. */
  #inside(stream: Stream, by: Connection): void {
    const { endpoint, peers } = this.#options;
    const duplex = new StreamDuplex(stream);
    const way = peers.connections(peerOf(by)).find(({ connection }) => connection === by)?.link;
    try {
      if (!way?.punched || this.#admit === null)
        throw new GstoreError("REQUEST_REFUSED", "That connection is not punched.");
      const { host, port } = parseMultiaddr(way.address);
      const how = { host, port, relay: null, punched: true, alpn: [ALPN.bulk] };
      endpoint.acceptOn(duplex, how, this.#admit);
    } catch (error) {
      this.#options.logger.debug({ peer: peerOf(by), error }, "took no bulk connection on a punched one");
      duplex.destroy();
    }
  }

  /** A relay has joined a stream with somebody, as it says; TLS will tell. */
  async #joined(stream: Stream, relay: PeerId): Promise<void> {
    const { clock, logger, endpoint, peers } = this.#options;
    const duplex = new StreamDuplex(stream);
    const error = (): Error => new GstoreError("TIMEOUT", "The relay says nothing.");
    const limit = withTimeout(clock, { timeoutMs: HANDSHAKE_TIMEOUT_MS, error });
    try {
      const { signal } = limit;
      decodeRelayOpen(await readFrameOf(duplex, { bytesMax: RELAY_MESSAGE_BYTES_MAX, signal }));
      const isExpected = this.reachability.hasPlaceAt(relay) && peers.direct(relay) !== null;
      writeFrame(duplex, encodeRelayAnswer(isExpected ? null : "REQUEST_REFUSED"));
      if (!isExpected || this.#admit === null)
        throw new GstoreError("REQUEST_REFUSED", "This node has no place at that relay.");
      const alpn = [ALPN.libp2p, ALPN.bulk];
      endpoint.acceptOn(duplex, { host: relay, port: 0, relay, punched: false, alpn }, this.#admit);
    } catch (error) {
      logger.debug({ peer: relay, error }, "took no connection from a relay");
      duplex.end();
      duplex.once(
        "close",
        clock.after(HANDSHAKE_TIMEOUT_MS, () => duplex.destroy()),
      );
    } finally {
      limit.clear();
    }
  }
}
