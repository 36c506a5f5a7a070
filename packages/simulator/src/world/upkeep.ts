import type { NodeMakings } from "@gstore/server/internals";
import type { World } from "./world.ts";

/** A node's upkeep as fast as a run of a few minutes needs it: what takes it a day otherwise happens several times. */
export function upkeepOf({
  historyMs,
}: Pick<World, "historyMs">): Pick<NodeMakings, "repair" | "collection"> {
  return {
    repair: {
      belowMinAfterMs: 15_000,
      belowCopiesAfterMs: 30_000,
      walkEveryMs: 45_000,
      auditEveryMs: 30_000,
    },
    collection: { intervalMs: 4000, leaseMs: 10_000, ...(historyMs !== null && { historyMs }) },
  };
}
