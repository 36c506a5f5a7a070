import type { CopyCountsRecord, CountedRecord, ShortVersionRecord } from "@gstore/gateway/client";
import { formatBytes } from "./byte-size.ts";
import { printable } from "./printable.ts";
import { table } from "./table.ts";

/** How copies are told of in `safe`, `plan` and `drain`. */

/** `3 files (1.2 MB)`. */
export function counted({ versions, bytes }: CountedRecord, noun: "file" | "version" = "file"): string {
  return `${versions} ${versions === 1 ? noun : `${noun}s`} (${formatBytes(bytes)})`;
}

/** One line of each kind of version that has too few copies. */
export function countLines(counts: CopyCountsRecord): (readonly [string, string])[] {
  const { all, belowCopies, belowMin, single, none } = counts;
  const line = (name: string, some: CountedRecord) =>
    [name, some.versions === 0 ? "none" : counted(some)] as const;
  return [
    ["files", counted(all)],
    line("below copies", belowCopies),
    line("below min", belowMin),
    line("one copy", { versions: single.versions - none.versions, bytes: single.bytes - none.bytes }),
    line("unreachable", none),
  ];
}

/** How many nodes may be lost, in words. */
export function mayLoseText(mayLose: number | null, prefix?: string): string {
  if (mayLose === null)
    return prefix === undefined ? "nothing is stored" : `no key begins with ${printable(prefix)}`;
  if (mayLose === 0) return "no node may be lost without losing data";
  return `any ${mayLose === 1 ? "node" : `${mayLose} nodes`} may be lost without losing data`;
}

/** Short versions, one a line. */
export function shortTable(versions: readonly ShortVersionRecord[]): string {
  const rows = versions.map(({ copies, wanted, min, bytes, current, holders, ...named }) => [
    `${copies} of ${wanted}${copies < min ? "!" : ""}`,
    formatBytes(bytes),
    holders.map(({ name }) => printable(name)).join(", ") || "-",
    `${nameOf(named)}${current ? "" : ` (older, ${named.version.slice(0, ID_SHOWN)})`}`,
  ]);
  return table(["COPIES", "SIZE", "ON", "FILE"], rows);
}

const ID_SHOWN = 16;

function nameOf({ space, key, version }: Pick<ShortVersionRecord, "space" | "key" | "version">): string {
  if (key === null) return version;
  return printable(space === "main" ? key : `${key} (in ${space})`);
}
