import type { Clock, ConnectedPeer, PeerId } from "@gstore/core";
import type { Connection } from "@libp2p/interface";
import { DUPLICATE_GRACE_MS } from "./limits.ts";
import type { Shown } from "./perform-handshake.ts";
import { ALPN, type TlsLink } from "./tls-link.ts";

/** One libp2p connection of an admitted peer. */
export interface PeerConnection extends Shown {
  readonly connection: Connection;
  readonly link: TlsLink;
  /** Resolves with the round-trip time (ms). */
  readonly ping: () => Promise<unknown>;
  roundTripMs: number | null;
}

interface PeerEntry {
  readonly connections: PeerConnection[];
  readonly connectedAtMs: number;
  /** Of links that are closed by now. */
  bytesSent: number;
  bytesReceived: number;
}

export interface PeerTableOptions {
  readonly self: PeerId;
  readonly clock: Clock;
  connected(peer: ConnectedPeer): void;
  /** A connected peer has another connection now. */
  connectedAgain(peer: ConnectedPeer): void;
  disconnected(peer: PeerId): void;
  /** Open links of a peer, bulk ones included; for the byte counters. */
  links(peer: PeerId): TlsLink[];
  /** Whether nothing is in flight on a connection. */
  isIdle(connection: Connection): boolean;
}

/** Who is connected. Several connections of one peer are one connected peer; all but one of them are closed once idle. */
export class PeerTable {
  readonly #options: PeerTableOptions;
  readonly #peers = new Map<PeerId, PeerEntry>();

  constructor(options: PeerTableOptions) {
    this.#options = options;
  }

  add(connection: PeerConnection): void {
    const { clock } = this.#options;
    const { peer } = connection.link;
    const entry = this.#peers.get(peer);
    const isFirst = entry === undefined;
    if (isFirst) {
      this.#peers.set(peer, {
        connections: [connection],
        connectedAtMs: clock.now(),
        bytesSent: 0,
        bytesReceived: 0,
      });
    } else {
      entry.connections.push(connection);
      this.#thinOutLater(peer);
    }
    const connected = this.get(peer) as ConnectedPeer;
    if (isFirst) this.#options.connected(connected);
    else this.#options.connectedAgain(connected);
  }

  remove(connection: PeerConnection): void {
    const { peer } = connection.link;
    const entry = this.#peers.get(peer);
    const index = entry?.connections.indexOf(connection) ?? -1;
    if (entry === undefined || index < 0) return;
    entry.connections.splice(index, 1);
    if (entry.connections.length > 0) return;
    this.#peers.delete(peer);
    this.#options.disconnected(peer);
  }

  /** Keeps counting what a closed link has moved. */
  linkClosed(link: TlsLink): void {
    const entry = this.#peers.get(link.peer);
    if (entry === undefined || !isCounted(link)) return;
    entry.bytesSent += link.bytesSent;
    entry.bytesReceived += link.bytesReceived;
  }

  connections(peer: PeerId): readonly PeerConnection[] {
    return this.#peers.get(peer)?.connections ?? [];
  }

  /** Those worth using: direct ones that were dialled, else punched ones, else those that go through a relay. */
  usable(peer: PeerId): readonly PeerConnection[] {
    const all = this.connections(peer);
    const rank = Math.min(...all.map(({ link }) => rankOf(link)));
    return all.filter(({ link }) => rankOf(link) === rank);
  }

  /** The newest connection that one side dialled at the other's address; null where there is none. */
  direct(peer: PeerId): PeerConnection | null {
    return this.connections(peer).findLast(({ link }) => rankOf(link) === 0) ?? null;
  }

  /** Whether a link goes by a way that is worse than what its peer is connected by. */
  isOutdone(link: TlsLink): boolean {
    const [best] = this.usable(link.peer);
    return best !== undefined && rankOf(link) > rankOf(best.link);
  }

  /**
   * The connection to use: one that the node with the smaller PeerId dialled, and of several the newest. Both ends choose
   * alike, so that of two simultaneous dials the same one stays.
   */
  preferred(peer: PeerId): PeerConnection | null {
    const connections = this.usable(peer);
    const wanted = this.#options.self < peer ? "outbound" : "inbound";
    return connections.findLast(({ link }) => link.direction === wanted) ?? connections.at(-1) ?? null;
  }

  get(peer: PeerId): ConnectedPeer | null {
    const entry = this.#peers.get(peer);
    const preferred = this.preferred(peer);
    if (entry === undefined || preferred === null) return null;
    const { link, certificate, agent } = preferred;
    const { connectedAtMs } = entry;
    let { bytesSent, bytesReceived } = entry;
    for (const open of this.#options.links(peer).filter(isCounted)) {
      bytesSent += open.bytesSent;
      bytesReceived += open.bytesReceived;
    }
    const roundTripMs =
      preferred.roundTripMs ??
      entry.connections.find((other) => other.roundTripMs !== null)?.roundTripMs ??
      null;
    const { direction, punched } = link;
    return {
      peer,
      certificate,
      agent,
      address: String(link.address),
      direction,
      punched,
      connectedAtMs,
      roundTripMs,
      bytesSent,
      bytesReceived,
    };
  }

  list(): ConnectedPeer[] {
    return [...this.#peers.keys()].flatMap((peer) => this.get(peer) ?? []);
  }

  /** Each side closes only what it dialled itself, so that the two never close one each. */
  #thinOutLater(peer: PeerId): void {
    this.#options.clock.after(DUPLICATE_GRACE_MS, () => {
      const preferred = this.preferred(peer);
      const surplus = this.connections(peer).filter(
        (other) => other !== preferred && other.link.direction === "outbound",
      );
      for (const { connection, link } of surplus) {
        if (this.#options.isIdle(connection)) connection.close().catch(() => link.destroy());
      }
      if (surplus.length > 0) this.#thinOutLater(peer);
    });
  }
}

/** What lies inside a punched connection is counted with that one. */
function isCounted({ punched, alpn }: TlsLink): boolean {
  return !punched || alpn !== ALPN.bulk;
}

/** By how few others a link goes: none, routers that hold a door open for it, a relay. */
function rankOf({ relay, punched }: TlsLink): number {
  if (relay !== null && relay !== undefined) return 2;
  return punched ? 1 : 0;
}
