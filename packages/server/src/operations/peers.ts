import { GstoreError } from "@gstore/core";
import { parsePeerAddress } from "@gstore/p2p";
import type { NamedNode } from "../api.ts";
import type {
  BootstrapAddress,
  BootstrapOperations,
  PeerStatus,
  PingResult,
} from "../discovery/discovery-api.ts";
import { relayOf } from "../discovery/own-addresses.ts";
import type { NodeParts } from "../node-parts.ts";

/** Every other member, connected or not, in order of name. */
export function peerStatuses({ network, members, discovery }: NodeParts): PeerStatus[] {
  const connections = new Map(network.peers().map((connected) => [connected.peer, connected]));
  return members
    .all()
    .filter((member) => member.peer !== network.self)
    .map(({ peer: member, name, role }): PeerStatus => {
      const connected = connections.get(member);
      const incompatible = discovery.incompatibility(member);
      if (connected === undefined)
        return { peer: member, name, role, connected: false, incompatible, connection: null };
      const { peer, certificate: _certificate, agent, ...connection } = connected;
      const version = /^gstore\/(\d+\.\d+\.\d+\S*)$/.exec(agent)?.[1] ?? null;
      const foundBy = discovery.foundBy(connected);
      const by = relayOf(connected.address);
      const relay = by === null ? null : { peer: by, name: members.nameOf(by) };
      return {
        peer,
        name,
        role,
        connected: true,
        incompatible: null,
        connection: { ...connection, ...discovery.rates.of(peer), version, foundBy, relay },
      };
    })
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** See `GstoreNode.connect`. */
export async function connectTo(
  { network, members, discovery }: NodeParts,
  address: string,
  options: { signal?: AbortSignal },
): Promise<NamedNode> {
  const peer = await network.connect(address, options);
  discovery.given(address);
  network.keepConnected(address);
  return { peer, name: members.nameOf(peer) };
}

/** See `GstoreNode.bootstrap`. */
export function bootstrapOf(running: () => NodeParts): BootstrapOperations {
  return {
    list: () => bootstrapAddresses(running()),
    add: (address) => {
      const { network, discovery } = running();
      parsePeerAddress(address);
      discovery.given(address);
      network.keepConnected(address);
    },
    remove: (address) => {
      const { network, discovery } = running();
      const known = discovery.noLongerGiven(address);
      for (const one of known) network.forgetAddress(one);
      return known.length > 0;
    },
  };
}

function bootstrapAddresses({ network, members, discovery }: NodeParts): BootstrapAddress[] {
  const peers = network.peers();
  return discovery.givenAddresses().map(({ address, plain }) => {
    const at = peers.find((peer) => peer.direction === "outbound" && peer.address.startsWith(`${plain}/`));
    const connectedTo = at === undefined ? null : { peer: at.peer, name: members.nameOf(at.peer) };
    return { address, connectedTo };
  });
}

/** See `GstoreNode.ping`. */
export async function pingMember(
  { network, members }: NodeParts,
  idOrName: string,
  options: { signal?: AbortSignal },
): Promise<PingResult> {
  const { peer, name } = members.find(idOrName);
  if (peer === network.self) throw new GstoreError("INVALID_ARGUMENT", "That is this node itself.");
  const roundTripMs = await network.ping(peer, options);
  const address = network.peers().find((connected) => connected.peer === peer)?.address ?? "";
  return { peer, name, roundTripMs, address };
}
