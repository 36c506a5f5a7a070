import { type DhtHandlers, decodeAddressRecord, type NetworkId, type PeerId } from "@gstore/core";
import { generateIdentity, isOwnWord, type NodeIdentity, signAddressRecord } from "@gstore/crypto";
import { sharedSecrets, startNode, type TestNode, type TestNodeOptions } from "../network-fixture.ts";

export interface DhtNode extends TestNode {
  readonly dht: NonNullable<TestNode["network"]["dht"]>;
  /** The address records that it knows, its own included. */
  readonly records: Map<PeerId, Uint8Array>;
}

export interface DhtNodeOptions extends TestNodeOptions {
  /** Whom it takes for members; default: everybody. */
  readonly isMember?: (peer: PeerId) => boolean;
}

const withoutPeer = (address: string): string => address.replace(/\/p2p\/[^/]*$/, "");

/** A node's own word on where it is, or a forgery of it. */
export function recordOf(
  identity: NodeIdentity,
  addresses: readonly string[],
  { sequence = 1, network = sharedSecrets.networkId }: { sequence?: number; network?: NetworkId } = {},
): Uint8Array {
  return signAddressRecord(identity, { network, sequence, addresses: addresses.map(withoutPeer) }).bytes;
}

/** What the server does about records, in short. */
export function handlersOf(
  records: Map<PeerId, Uint8Array>,
  isMember: (peer: PeerId) => boolean = () => true,
): DhtHandlers {
  const bodyOf = (peer: PeerId) => {
    const record = records.get(peer);
    return record === undefined ? null : decodeAddressRecord(record).body;
  };
  return {
    isMember,
    record: (peer) => records.get(peer) ?? null,
    addresses: (peer) => bodyOf(peer)?.addresses ?? [],
    offered(peer, bytes) {
      try {
        const record = decodeAddressRecord(bytes);
        const { body } = record;
        if (body.peer !== peer || body.network !== sharedSecrets.networkId || !isOwnWord(record))
          return false;
        if (body.sequence > (bodyOf(peer)?.sequence ?? 0)) records.set(peer, bytes);
        return true;
      } catch {
        return false;
      }
    },
  };
}

/** Caps for networks that are all on one machine. */
export const ONE_MACHINE = { membersPerAddress: 1024, askedPerAddress: 1024 };

/** A running node that takes part in the DHT and knows no address but its own. */
export async function startDhtNode(options: DhtNodeOptions = {}): Promise<DhtNode> {
  const { isMember, ...rest } = options;
  const identity = rest.identity ?? generateIdentity();
  const records = new Map<PeerId, Uint8Array>();
  const dht = handlersOf(records, isMember);
  const node = await startNode({ dht: ONE_MACHINE as never, ...rest, identity, dhtHandlers: dht });
  records.set(identity.peerId, recordOf(identity, node.network.addresses()));
  return Object.assign(node, { dht: node.network.dht as DhtNode["dht"], records });
}
