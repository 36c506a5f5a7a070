import {
  BULK_CONNECTIONS_PER_PEER_MAX,
  CONNECTIONS_MAX,
  GstoreError,
  PENDING_CONNECTIONS_MAX,
  PENDING_CONNECTIONS_PER_ADDRESS_MAX,
  type PeerId,
} from "@gstore/core";
import { CONNECTIONS_PER_PEER_MAX } from "./limits.ts";
import { ALPN, type TlsLink } from "./tls-link.ts";

export interface LinkGateLimits {
  readonly pending: number;
  readonly pendingPerAddress: number;
  readonly links: number;
  readonly connectionsPerPeer: number;
  readonly bulkPerPeer: number;
}

const DEFAULTS: LinkGateLimits = {
  pending: PENDING_CONNECTIONS_MAX,
  pendingPerAddress: PENDING_CONNECTIONS_PER_ADDRESS_MAX,
  links: CONNECTIONS_MAX,
  connectionsPerPeer: CONNECTIONS_PER_PEER_MAX,
  // Each side has its own pool, and either may be the one that dials for both.
  bulkPerPeer: 2 * BULK_CONNECTIONS_PER_PEER_MAX,
};

/** Counts connections, strangers' and members', and says when there are enough of them. */
export class LinkGate {
  readonly #limits: LinkGateLimits;
  readonly #pending = new Map<string, number>();
  readonly #links = new Map<PeerId, Set<TlsLink>>();
  readonly #strangers = new Set<() => void>();
  #pendingCount = 0;
  #linkCount = 0;

  readonly #closed: (link: TlsLink) => void;

  /** `closed` is called with each link that was counted and is gone. */
  constructor(limits: Partial<LinkGateLimits> = {}, closed: (link: TlsLink) => void = () => {}) {
    this.#limits = { ...DEFAULTS, ...limits };
    this.#closed = closed;
  }

  /** Lets a stranger begin the handshake, or not. The function returned is to be called when it is over. */
  enter(address: string, expel: () => void): (() => void) | null {
    const count = this.#pending.get(address) ?? 0;
    if (this.#pendingCount >= this.#limits.pending || count >= this.#limits.pendingPerAddress) return null;
    this.#pendingCount++;
    this.#strangers.add(expel);
    this.#pending.set(address, count + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#pendingCount--;
      this.#strangers.delete(expel);
      const remaining = (this.#pending.get(address) ?? 1) - 1;
      if (remaining === 0) this.#pending.delete(address);
      else this.#pending.set(address, remaining);
    };
  }

  /** Closes all that are in the handshake. */
  expelStrangers(): void {
    for (const expel of [...this.#strangers]) expel();
  }

  /** Throws `TOO_BUSY` where one more link of this kind and peer is too many. */
  check(link: TlsLink): void {
    const links = [...(this.#links.get(link.peer) ?? [])].filter((other) => other.alpn === link.alpn);
    const max = link.alpn === ALPN.bulk ? this.#limits.bulkPerPeer : this.#limits.connectionsPerPeer;
    if (this.#linkCount < this.#limits.links && links.length < max) return;
    throw new GstoreError("TOO_BUSY", "There are too many connections.", {
      peer: link.peer,
      retryable: true,
    });
  }

  /** Counts a link until it closes. */
  add(link: TlsLink): void {
    const links = this.#links.get(link.peer) ?? new Set();
    this.#links.set(link.peer, links.add(link));
    this.#linkCount++;
    link.onClose(() => {
      this.#linkCount--;
      links.delete(link);
      if (links.size === 0 && this.#links.get(link.peer) === links) this.#links.delete(link.peer);
      this.#closed(link);
    });
  }

  /** All links of a peer, or of everybody. */
  links(peer?: PeerId): TlsLink[] {
    const sets = peer === undefined ? [...this.#links.values()] : [this.#links.get(peer) ?? []];
    return sets.flatMap((links) => [...links]);
  }
}
