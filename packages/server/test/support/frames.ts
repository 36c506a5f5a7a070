import { decodeBulkFrame } from "@gstore/p2p";
import type { TestNetwork, TestNode } from "./test-network.ts";

/** Counts the bulk frames that go from one node to another, by type. */
export function countFrames(network: TestNetwork, from: TestNode, to: TestNode): Map<string, number> {
  const counts = new Map<string, number>();
  network.hub.link(from.id, to.id).from(from.id).onFrame = (frame) => {
    const { type } = decodeBulkFrame(frame);
    counts.set(type, (counts.get(type) ?? 0) + 1);
  };
  return counts;
}
