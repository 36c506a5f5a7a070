import type { NodeParts } from "../node-parts.ts";
import { AttributeTeller, type OwnAttributes } from "./own-attributes.ts";

/** Until the node stops. */
export function tellAttributes(parts: NodeParts, attributes: OwnAttributes | undefined): void {
  if (attributes === undefined) return;
  const { network, members, administration, disk, clock, logger, stopping } = parts;
  const teller = new AttributeTeller({
    ...{ self: network.self, said: attributes, members, administration, disk, clock, logger },
  });
  stopping.addEventListener("abort", () => teller.stop(), { once: true });
  teller.start();
}
