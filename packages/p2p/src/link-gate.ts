import {
  BULK_CONNECTIONS_PER_PEER_MAX,
  type Clock,
  CONNECTIONS_MAX,
  GstoreError,
  PENDING_CONNECTIONS_MAX,
  PENDING_CONNECTIONS_PER_ADDRESS_MAX,
  type PeerId,
} from "@gstore/core";
import { parseMultiaddr } from "./address.ts";
import { addressGroup } from "./address-group.ts";
import { CLOSE_TIMEOUT_MS, CONNECTIONS_PER_ADDRESS_MAX, CONNECTIONS_PER_PEER_MAX } from "./limits.ts";
import { ALPN, type TlsLink } from "./tls-link.ts";

export interface LinkGateLimits {
  readonly pending: number;
  readonly pendingPerAddress: number;
  readonly links: number;
  readonly linksPerAddress: number;
  readonly connectionsPerPeer: number;
  readonly bulkPerPeer: number;
}

const DEFAULTS: LinkGateLimits = {
  pending: PENDING_CONNECTIONS_MAX,
  pendingPerAddress: PENDING_CONNECTIONS_PER_ADDRESS_MAX,
  links: CONNECTIONS_MAX,
  linksPerAddress: CONNECTIONS_PER_ADDRESS_MAX,
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
  readonly #linksAt = new Map<string, number>();

  readonly #closed: (link: TlsLink) => void;

  /** `closed` is called with each link that was counted and is gone. */
  constructor(limits: Partial<LinkGateLimits> = {}, closed: (link: TlsLink) => void = () => {}) {
    this.#limits = { ...DEFAULTS, ...limits };
    this.#closed = closed;
  }

  /**
   * Lets a stranger begin the handshake, or throws `TOO_BUSY`, which says which cap is reached. The function returned is to
   * be called when the handshake is over.
   */
  enter(host: string, expel: () => void): () => void {
    const address = addressGroup(host);
    const count = this.#pending.get(address) ?? 0;
    const { pending, pendingPerAddress } = this.#limits;
    if (this.#pendingCount >= pending) throw reachedError(pending, "connections in the handshake");
    if (count >= pendingPerAddress)
      throw reachedError(pendingPerAddress, "connections in the handshake from this address");
    this.#pendingCount++;
    this.#strangers.add(expel);
    this.#pending.set(address, count + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#pendingCount--;
      this.#strangers.delete(expel);
      countDown(this.#pending, address);
    };
  }

  /** Closes all that are in the handshake. */
  expelStrangers(): void {
    for (const expel of [...this.#strangers]) expel();
  }

  /** Throws `TOO_BUSY`, which says which cap is reached, where one more link of this kind, peer and address is too many. */
  check(link: TlsLink): void {
    const links = [...(this.#links.get(link.peer) ?? [])].filter((other) => other.alpn === link.alpn);
    const max = link.alpn === ALPN.bulk ? this.#limits.bulkPerPeer : this.#limits.connectionsPerPeer;
    const here = this.#linksAt.get(groupOf(link)) ?? 0;
    const { links: total, linksPerAddress } = this.#limits;
    const { peer } = link;
    if (this.#linkCount >= total) throw reachedError(total, "connections of members", peer);
    if (here >= linksPerAddress)
      throw reachedError(linksPerAddress, "connections of members with one address", peer);
    if (links.length >= max) throw reachedError(max, "connections of this kind with one member", peer);
  }

  /** Counts a link until it closes. */
  add(link: TlsLink): void {
    const links = this.#links.get(link.peer) ?? new Set();
    this.#links.set(link.peer, links.add(link));
    this.#linkCount++;
    const address = groupOf(link);
    this.#linksAt.set(address, (this.#linksAt.get(address) ?? 0) + 1);
    link.onClose(() => {
      this.#linkCount--;
      countDown(this.#linksAt, address);
      links.delete(link);
      if (links.size === 0 && this.#links.get(link.peer) === links) this.#links.delete(link.peer);
      this.#closed(link);
    });
  }

  /** Closes all links in order, and those that are slow about it at once. */
  async endAll(clock: Clock): Promise<void> {
    const links = this.links();
    const closed = links.map((link) => new Promise<void>((resolve) => link.onClose(resolve)));
    for (const link of links) link.end();
    const cancel = clock.after(CLOSE_TIMEOUT_MS, () => {
      for (const link of links) link.destroy();
    });
    await Promise.all(closed);
    cancel();
  }

  /** All links of a peer, or of everybody. */
  links(peer?: PeerId): TlsLink[] {
    const sets = peer === undefined ? [...this.#links.values()] : [this.#links.get(peer) ?? []];
    return sets.flatMap((links) => [...links]);
  }
}

function reachedError(limit: number, what: string, peer?: PeerId): GstoreError {
  const message = `This node has ${limit} ${what}, and takes no more. Try again later.`;
  return new GstoreError("TOO_BUSY", message, { retryable: true, ...(peer === undefined ? {} : { peer }) });
}

function groupOf(link: TlsLink): string {
  return addressGroup(parseMultiaddr(link.address).host);
}

/** Takes one off a count, and the count away with the last. */
export function countDown(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}
