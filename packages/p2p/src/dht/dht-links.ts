import type { PeerId } from "@gstore/core";
import type { Stream } from "@libp2p/interface";

export interface DhtLink {
  /** With which address the member is connected: what caps are counted by. */
  readonly address: string;
  open(protocol: string, options: { signal?: AbortSignal }): Promise<Stream>;
}

export type DhtStreamHandler = (stream: Stream, from: PeerId) => Promise<void>;

/** The connections that the DHT runs on: those of the network, or a simulation's. Whoever is connected is a member. */
export interface DhtLinks {
  readonly self: PeerId;
  /** Where this node listens, with or without `/p2p/…`. */
  addresses(): readonly string[];
  /** How many members are connected. */
  count(): number;
  /** Null unless connected. */
  link(peer: PeerId): DhtLink | null;
  /** Connects to a member at an address; rejects where it is not there. */
  connect(peer: PeerId, address: string, options: { signal?: AbortSignal }): Promise<void>;
  disconnect(peer: PeerId): void;
  handle(protocol: string, handler: DhtStreamHandler): Promise<void>;
  unhandle(protocol: string): Promise<void>;
}
