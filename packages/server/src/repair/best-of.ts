import type { PeerId } from "@gstore/core";
import type { PlacedBody, Placement } from "../placement/placement.ts";

/** Of some members those that should hold a version if there were no others, best first. */
export function bestOf(placement: Placement, body: PlacedBody, members: readonly PeerId[]): PeerId[] {
  const without = new Set(placement.ranked(body).filter((peer) => !members.includes(peer)));
  return placement.holders(body, { without });
}
