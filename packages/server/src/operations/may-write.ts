import { GstoreError } from "@gstore/core";
import type { NodeParts } from "../node-parts.ts";

/** Refuses where this node's member may not write: every other node would refuse what it wrote. */
export function assertMayWrite({ members, network, space }: NodeParts): void {
  if (members.mayWrite(network.self, space.id)) return;
  const role = members.get(network.self)?.role ?? "none";
  throw new GstoreError(
    "REQUEST_REFUSED",
    `This node's role in the network, ${role}, does not allow it to write. An admin can admit it as writer.`,
  );
}
