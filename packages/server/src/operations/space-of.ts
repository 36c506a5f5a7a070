import { GstoreError } from "@gstore/core";
import type { OpenSpace } from "../membership/spaces.ts";
import type { NodeParts } from "../node-parts.ts";

const SPACE_DEFAULT = "main";

/** The space of that name, `main` where none is given. Throws `SPACE_NOT_FOUND`, and `KEY_MISSING` on a vault. */
export function spaceOf({ spaces, members, network }: NodeParts, name: string = SPACE_DEFAULT): OpenSpace {
  if (members.get(network.self)?.role === "vault") {
    throw new GstoreError(
      "KEY_MISSING",
      "This node is a vault: it keeps files for others and can't read or name them.",
    );
  }
  return spaces.named(name);
}

/**
 * Refuses a write that every other member would refuse, or that who was removed could read. Throws `REQUEST_REFUSED`,
 * `NOT_A_MEMBER`, and `KEY_MISSING`, retryable, while the node waits for the space's current keys.
 */
export function assertMayWrite({ members, network }: NodeParts, space: OpenSpace): void {
  const self = members.get(network.self);
  if (self === undefined) {
    throw new GstoreError(
      "NOT_A_MEMBER",
      "This node is no member of the network any more. What it has can still be read.",
    );
  }
  if (members.mayWrite(network.self, space.id)) {
    if (space.isCurrent) return;
    throw new GstoreError(
      "KEY_MISSING",
      `The keys of ${space.name} were renewed, and no admin's node has handed this one the new ones yet. Try again in a few seconds.`,
      { retryable: true },
    );
  }
  throw new GstoreError(
    "REQUEST_REFUSED",
    `This node's role (${self.role}) does not allow it to write to ${space.name}.`,
  );
}
