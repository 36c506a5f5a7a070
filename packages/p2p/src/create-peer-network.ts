import {
  type CertificateChain,
  type Clock,
  type NetworkId,
  type PeerNetwork,
  type Random,
  systemClock,
  systemRandom,
} from "@gstore/core";
import type { NodeIdentity } from "@gstore/crypto";
import { Libp2pPeerNetwork } from "./libp2p-peer-network.ts";
import { type PeerNetworkLogger, silentLogger } from "./logger.ts";
import type { RelayMode } from "./relay/relaying.ts";

export interface CreatePeerNetworkOptions {
  readonly identity: NodeIdentity;
  readonly networkId: NetworkId;
  /** This node's own certificate: what it shows in every handshake. */
  readonly certificate: CertificateChain;
  /** Multiaddrs or `host:port`. Port 0 takes a free one. None: this node only dials. */
  readonly listen: readonly string[];
  /** Addresses to keep connections to from the start, with or without `/p2p/…`. */
  readonly bootstrap: readonly string[];
  /** Looks for members on the local network, and tells it of this node. Default: no. */
  readonly mdns?: boolean;
  /** Takes part in the members' DHT. Default: no. */
  readonly dht?: boolean;
  /** Has the router forward a port (UPnP) where others can't dial this node. Default: no. */
  readonly upnp?: boolean;
  /** Whether this node relays for members that can't reach each other: `auto` while they can dial it. Default: `off`. */
  readonly relay?: RelayMode;
  /** An HTTP proxy through which all WebSockets are dialled: `http://host:port`, with `user:password@` where it wants that. */
  readonly proxy?: string | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: PeerNetworkLogger;
  /** Name and version of the program, told to peers; `gstore` where nothing is given. */
  readonly agent?: string;
}

/** The network of a node, not started yet. Throws `INVALID_ARGUMENT` for an address that is none. */
export function createPeerNetwork(options: CreatePeerNetworkOptions): PeerNetwork {
  return new Libp2pPeerNetwork({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    agent: "gstore",
    ...options,
  });
}
