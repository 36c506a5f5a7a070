import type { WhichVersion } from "@gstore/gateway/client";
import { GstoreError } from "@gstore/gateway/client";
import type { Options } from "yargs";
import { parseMoment } from "./moment.ts";

export interface VersionArguments {
  readonly version?: string;
  readonly at?: string;
}

/** Of every command that reads one version of a file. */
export const VERSION_OPTIONS: Readonly<Record<"version" | "at", Options>> = {
  version: {
    type: "string",
    requiresArg: true,
    description: "Another version than the current one, as gstore versions shows it",
  },
  at: {
    type: "string",
    requiresArg: true,
    description: "The version that was current then: 2d (ago), 2026-11-01, 2026-11-01T12:00",
  },
};

/** What the command line says about the version. Throws `INVALID_ARGUMENT`. */
export function whichVersion({ version, at }: VersionArguments): WhichVersion {
  if (version !== undefined && at !== undefined)
    throw new GstoreError("INVALID_ARGUMENT", "Give --version or --at, not both.");
  return {
    ...(version === undefined ? {} : { version: versionText(version) }),
    ...(at === undefined ? {} : { at: new Date(parseMoment(at, Date.now())).toISOString() }),
  };
}

/** A version as it was copied from what a command shows, which may end in an ellipsis. */
export function versionText(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .replace(/(?:\u2026|\.\.\.)$/, "");
}
