import { MEMBERS_DIALLED_MAX, type PeerHandlers, type PeerId, type PeerNetwork } from "@gstore/core";
import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { parseMultiaddr } from "../address.ts";
import { addressGroup } from "../address-group.ts";
import type { PeerNetworkOptions } from "../peer-network-options.ts";
import { peerOf } from "../request-streams.ts";
import { DHT_STREAMS_PER_CONNECTION_MAX } from "./dht-limits.ts";
import type { DhtLinks } from "./dht-links.ts";
import { KadMemberDht } from "./kad-member-dht.ts";

export interface DhtNetwork {
  readonly node: Libp2p;
  readonly network: Pick<PeerNetwork, "self" | "addresses" | "peers" | "connect" | "disconnect">;
  /** The connection to use of a connected member. */
  connection(peer: PeerId): Connection | null;
}

/** Starts the DHT, where the options say so and the node knows what it needs; null otherwise. */
export async function openDht(
  { dht, networkId, clock, logger }: PeerNetworkOptions,
  on: DhtNetwork,
  handlers: Pick<PeerHandlers, "dht">,
): Promise<KadMemberDht | null> {
  if (dht === undefined || dht === false || handlers.dht === undefined) return null;
  const kad = new KadMemberDht({
    network: networkId,
    links: linksOf(on),
    handlers: handlers.dht,
    clock,
    logger,
    connectionsMax: MEMBERS_DIALLED_MAX,
    limits: dht === true ? {} : dht,
  });
  await kad.start();
  for (const { peer } of on.network.peers()) kad.connected(peer);
  return kad;
}

function linksOf({ node, network, connection }: DhtNetwork): DhtLinks {
  const limits = {
    maxInboundStreams: DHT_STREAMS_PER_CONNECTION_MAX,
    maxOutboundStreams: DHT_STREAMS_PER_CONNECTION_MAX,
  };
  return {
    self: network.self,
    addresses: () => network.addresses(),
    count: () => network.peers().length,
    link(peer) {
      const live = connection(peer);
      if (live === null) return null;
      return {
        address: addressOf(live),
        // The question goes along with the protocol's name: one round trip less.
        open: (protocol, options) =>
          live.newStream(protocol, {
            ...options,
            negotiateFully: false,
            maxOutboundStreams: DHT_STREAMS_PER_CONNECTION_MAX,
            runOnLimitedConnection: true,
          }),
      };
    },
    async connect(peer, address, options) {
      // Only that member is told who dials.
      await network.connect(`${address}/p2p/${peer}`, { ...options, apart: true });
    },
    disconnect: (peer) => void network.disconnect(peer),
    async handle(protocol, handler) {
      const serve = (stream: Stream, from: Connection): Promise<void> => handler(stream, peerOf(from));
      await node.handle(protocol, serve, { ...limits, runOnLimitedConnection: true });
    },
    unhandle: (protocol) => node.unhandle(protocol),
  };
}

/** What caps are counted by. Who is relayed is counted with all that come by the same relay. */
function addressOf({ remoteAddr }: Connection): string {
  const [relay, ...behind] = String(remoteAddr).split("/p2p-circuit");
  try {
    return addressGroup(parseMultiaddr(behind.length > 0 ? (relay ?? "") : remoteAddr).host);
  } catch {
    return String(relay);
  }
}
