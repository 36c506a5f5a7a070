import type { VersionRecord } from "@gstore/gateway/client";
import { formatBytes } from "./byte-size.ts";
import { printable } from "./printable.ts";
import { second } from "./time-of-day.ts";

/** Characters of a version that tell it from a file's others, but for one time in ten billion. */
const ID_SHOWN = 16;

/** One line a version, in columns of known widths. */
export function versionColumns({ version, stored, size, op, state, here, author }: VersionRecord): string {
  return line([
    version.slice(0, ID_SHOWN),
    second(stored),
    size === null ? "-" : formatBytes(size),
    describeState({ op, state }),
    here ? "yes" : "no",
    printable(author.name),
  ]);
}

export const VERSION_TITLES: string = line(["VERSION", "STORED", "SIZE", "STATE", "HERE", "AUTHOR"]);

function describeState({ op, state }: Pick<VersionRecord, "op" | "state">): string {
  if (op === "put") return state;
  return state === "current" ? "removed" : `removal, ${state}`;
}

function line([
  id = "",
  time = "",
  size = "",
  state = "",
  here = "",
  author = "",
]: readonly string[]): string {
  return [
    id.padEnd(ID_SHOWN),
    time.padEnd(19),
    size.padStart(9),
    state.padEnd(20),
    here.padEnd(4),
    author,
  ].join("  ");
}
