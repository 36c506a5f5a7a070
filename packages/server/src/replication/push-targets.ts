import type { Entry, PeerId, PeerNetwork } from "@gstore/core";
import type { Logger } from "../logger.ts";
import type { FullPeers } from "../placement/full-peers.ts";
import type { PlacedBody, Placement } from "../placement/placement.ts";
import type { Announcer } from "./announcer.ts";
import type { HeldVersions } from "./held-versions.ts";

export interface PushTargetsParts {
  readonly placement: Placement;
  readonly network: PeerNetwork;
}

/** Connected members to hold a version besides this node: those placed highest first, without those known to be full. */
export function pushTargets({ placement, network }: PushTargetsParts, body: PlacedBody): PeerId[] {
  const { copies } = placement.wanted(body);
  const connected = new Set(network.peers().map(({ peer }) => peer));
  const reachable = placement.takers(body).filter((peer) => connected.has(peer));
  // Where this node is placed it is one of the copies; elsewhere it holds one until the others have theirs.
  return reachable.slice(0, placement.shouldHold(network.self, body) ? copies - 1 : copies);
}

export interface FullRefusalParts extends PushTargetsParts {
  readonly fullPeers: FullPeers;
  readonly held: HeldVersions;
  readonly logger: Logger;
}

/**
 * A member has no room for versions that it was asked to hold: the next in rank are asked in its place, and fetch the blobs.
 * It is passed over from now on, so that this ends. Who was asked before and is not done is told again, which costs little.
 */
export function askInPlaceOf(
  parts: FullRefusalParts,
  announcer: Announcer,
  { peer, refused }: { readonly peer: PeerId; readonly refused: readonly Entry[] },
): void {
  const { fullPeers, held, logger } = parts;
  fullPeers.add(peer);
  logger.info({ peer, versions: refused.length }, "a peer is full: others are asked to hold what it refused");
  for (const entry of refused) {
    const holders = new Set(held.holders(entry.id));
    for (const next of pushTargets(parts, entry.body))
      if (!holders.has(next)) announcer.announce(next, { entry, hold: true, blobs: [] });
  }
}
