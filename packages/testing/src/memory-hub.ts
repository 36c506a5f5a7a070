import type { Clock, PeerId } from "@gstore/core";
import { MemoryLink, unreachable } from "./memory-link.ts";
import { MemoryNetwork, type MemoryNetworkOptions } from "./memory-network.ts";

/** Joins any number of nodes in one process. Nothing happens on a link that a test has not asked for. */
export class MemoryHub {
  readonly clock: Clock;
  readonly #networks = new Map<PeerId, MemoryNetwork>();
  readonly #links = new Map<string, MemoryLink>();
  /** What handlers rejected with that is no `GstoreError`: none, if all is well. */
  readonly unexpected: unknown[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** A node's network, to be started by the node. One that comes again under the same id takes the other's place. */
  join(options: MemoryNetworkOptions): MemoryNetwork {
    const network = new MemoryNetwork(this, options);
    this.#networks.set(options.self, network);
    return network;
  }

  network(peer: PeerId): MemoryNetwork | undefined {
    return this.#networks.get(peer);
  }

  /** The link between two nodes: the place for its faults. */
  link(one: PeerId, two: PeerId): MemoryLink {
    const peers: [PeerId, PeerId] = one < two ? [one, two] : [two, one];
    const id = peers.join(" ");
    const link = this.#links.get(id) ?? new MemoryLink(peers, this.clock);
    this.#links.set(id, link);
    return link;
  }

  links(): MemoryLink[] {
    return [...this.#links.values()];
  }

  /** Transfers that are not over. */
  get openChannels(): number {
    return this.links().reduce(
      (sum, { channels }) => sum + [...channels].filter(({ isOver }) => !isOver).length,
      0,
    );
  }

  /** Connects two nodes. Rejects with `PEER_UNREACHABLE`, or with what either of them has against the other's certificate. */
  async connect(from: PeerId, to: PeerId): Promise<void> {
    const link = this.link(from, to);
    const [dialler, listener] = [this.#networks.get(from), this.#networks.get(to)];
    if (link.severed || !dialler?.isRunning || !listener?.isRunning || from === to) throw unreachable(to);
    if (link.isConnected) return;
    dialler.admit(listener);
    listener.admit(dialler);
    link.connection = new AbortController();
    dialler.connectedTo(listener, "outbound");
    listener.connectedTo(dialler, "inbound");
  }

  /** Loses the connection of two nodes, if there is one. */
  disconnect(one: PeerId, two: PeerId): void {
    const link = this.link(one, two);
    if (!link.isConnected) return;
    link.lose();
    for (const peer of link.peers) {
      this.#networks.get(peer)?.disconnectedFrom(peer === link.peers[0] ? link.peers[1] : link.peers[0]);
    }
  }
}
