import type { Options } from "yargs";

/** Of every command that works on keys; the client of its context is made for that space. */
export const SPACE_OPTION: Readonly<Record<"space", Options>> = {
  space: { type: "string", requiresArg: true, description: "Space that the keys are in (default: main)" },
};
