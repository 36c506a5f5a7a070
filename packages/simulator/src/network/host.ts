import type { PeerId } from "@gstore/core";
import type { SimulatedNetwork } from "./simulated-network.ts";

/** A machine in the internet: it has power or not, and a node runs on it or not. */
export class Host {
  readonly peer: PeerId;
  readonly address: string;
  isPowered = true;
  /** Of the node that runs there. */
  network: SimulatedNetwork | null = null;

  constructor(peer: PeerId, number: number) {
    this.peer = peer;
    this.address = `/ip4/10.0.0.${number}/tcp/4000/p2p/${peer}`;
  }
}

/** The PeerId at the end of an address. */
export function peerOfAddress(address: string): PeerId {
  return address.slice(address.lastIndexOf("/") + 1) as PeerId;
}
