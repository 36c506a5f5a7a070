import type { PeerId } from "@gstore/core";
import type { NodeParts } from "../node-parts.ts";

/** Whether a member has no room for copies, as far as this node knows: the others show it when they are asked to take one. */
export function isFull({ network, room, fullPeers }: NodeParts, peer: PeerId): boolean {
  return peer === network.self ? room.isFull : fullPeers.has(peer);
}
