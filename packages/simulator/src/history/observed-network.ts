import type { PeerHandlers, PeerNetwork } from "@gstore/core";
import type { SimulatedNode } from "../world/simulated-node.ts";
import type { World } from "../world/world.ts";
import { type ObservedDisk, over } from "./observed-disk.ts";

/** A node's door to its peers, with each message looked at before it leaves. */
export function observeNetwork(
  { checks }: World,
  machine: SimulatedNode,
  network: PeerNetwork,
  disk: ObservedDisk,
): PeerNetwork {
  return over(network, {
    request: (peer, purpose, message, options) => {
      checks.asks(machine, message, disk);
      return network.request(peer, purpose, message, options);
    },
  });
}

/** What a node does for its peers, with each answer looked at before it leaves. */
export function observeHandlers(
  { checks }: World,
  machine: SimulatedNode,
  handlers: PeerHandlers,
  disk: ObservedDisk,
): PeerHandlers {
  return over(handlers, {
    request: async (from, purpose, message, signal) => {
      const answer = await handlers.request(from, purpose, message, signal);
      checks.answers(machine, { message, answer }, disk);
      return answer;
    },
  });
}
