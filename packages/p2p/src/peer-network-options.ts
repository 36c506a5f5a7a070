import type { CertificateChain, Clock, NetworkId, Random } from "@gstore/core";
import type { NodeIdentity } from "@gstore/crypto";
import type { DhtLimits } from "./dht/kad-member-dht.ts";
import type { LinkGateLimits } from "./link-gate.ts";
import type { PeerNetworkLogger } from "./logger.ts";
import type { MeetingsLimits } from "./relay/meetings.ts";
import type { SeenAt } from "./relay/relay-messages.ts";
import type { RelayServerLimits } from "./relay/relay-server.ts";
import type { RelayMode } from "./relay/relaying.ts";

export interface PeerNetworkOptions {
  readonly identity: NodeIdentity;
  readonly networkId: NetworkId;
  /** This node's own certificate: what it shows in every handshake. */
  readonly certificate: CertificateChain;
  /** Multiaddrs or `host:port`. Port 0 takes a free one. */
  readonly listen: readonly string[];
  /** Addresses to keep connections to from the start, with or without `/p2p/…`. */
  readonly bootstrap: readonly string[];
  /** Looks for members on the local network, unless this node can be reached from its own machine alone. */
  readonly mdns?: boolean;
  /** Takes part in the members' DHT; with other caps than its own, for networks that are all on one machine. */
  readonly dht?: boolean | Partial<DhtLimits>;
  /** Has the router forward a port (UPnP) where others can't dial this node. Default: no. */
  readonly upnp?: boolean;
  /** Whether this node relays for members. Default: no. */
  readonly relay?: RelayMode | undefined;
  /** See `CreatePeerNetworkOptions`. */
  readonly proxy?: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: PeerNetworkLogger;
  /** Name and version of the program. */
  readonly agent: string;
  /** Other caps than core's, for tests. */
  readonly limits?: Partial<LinkGateLimits>;
  readonly relayLimits?: Partial<RelayServerLimits & MeetingsLimits>;
  readonly isPunchable?: (seen: SeenAt) => boolean;
}
