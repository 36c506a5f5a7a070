import type { Clock, ConnectOptions, PeerId } from "@gstore/core";
import type { Libp2p } from "@libp2p/interface";
import type { PeerAddress } from "./address.ts";
import type { ApartDials } from "./apart-dials.ts";
import { selfError } from "./dial-errors.ts";
import { dialPeer } from "./dial-peer.ts";
import type { PeerTable } from "./peer-table.ts";

export interface ConnectParts {
  readonly self: PeerId;
  readonly peers: PeerTable;
  readonly apart: ApartDials;
  readonly clock: Clock;
  /** Throws `NOT_RUNNING` where there is none. */
  node(): Libp2p;
}

/** Dials a peer unless it is connected as well as by that address already. Rejects as `PeerNetwork.connect` does. */
export async function connectPeer(
  address: PeerAddress,
  { signal, apart }: ConnectOptions,
  parts: ConnectParts,
): Promise<PeerId> {
  const { peer, relay } = address;
  const { self, peers, clock } = parts;
  if (peer === self) throw selfError(address);
  const isConnected = peer !== null && peers.get(peer) !== null;
  // A relayed connection is as good as none where there may be a direct one.
  if (isConnected && (relay !== null || peers.direct(peer) !== null)) return peer;
  const options = { clock, signal };
  // By an address with a peer libp2p would give the relayed connection that there is.
  const isApart = relay === null && (apart || isConnected);
  if (!isApart || peer === null) return await dialPeer(parts.node(), address, options);
  return await parts.apart.dial(parts.node(), { ...address, peer }, options);
}
