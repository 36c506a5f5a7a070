import type { Options } from "yargs";

/** Of every command that says how much a node can hold and where it stands. */
export const ATTRIBUTE_OPTIONS: Readonly<Record<"capacity" | "zone", Options>> = {
  capacity: {
    type: "string",
    requiresArg: true,
    description:
      "How much the node may hold, such as 500GB (GSTORE_CAPACITY; default: what its disk has room for)",
  },
  zone: {
    type: "string",
    requiresArg: true,
    description: "Where the node stands, such as home: nodes of one zone may be lost together (GSTORE_ZONE)",
  },
};
