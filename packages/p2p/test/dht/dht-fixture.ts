import type { PeerId } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { sharedSecrets, startNode, type TestNode, type TestNodeOptions } from "../network-fixture.ts";
import { handlersOf, recordOf } from "./records.ts";

export interface DhtNode extends TestNode {
  readonly dht: NonNullable<TestNode["network"]["dht"]>;
  /** The address records that it knows, its own included. */
  readonly records: Map<PeerId, Uint8Array>;
}

export interface DhtNodeOptions extends TestNodeOptions {
  /** Whom it takes for members; default: everybody. */
  readonly isMember?: (peer: PeerId) => boolean;
}

/** A running node that takes part in the DHT and knows no address but its own. */
export async function startDhtNode(options: DhtNodeOptions = {}): Promise<DhtNode> {
  const { isMember = () => true, ...rest } = options;
  const identity = rest.identity ?? generateIdentity();
  const records = new Map<PeerId, Uint8Array>();
  const { networkId: network } = sharedSecrets;
  const dhtHandlers = handlersOf(records, network, isMember);
  const node = await startNode({ dht: true, ...rest, identity, dhtHandlers });
  records.set(identity.peerId, recordOf(identity, node.network.addresses(), { network }));
  return Object.assign(node, { dht: node.network.dht as DhtNode["dht"], records });
}
