import type { NodeRef, StoreAnswer } from "@gstore/gateway/client";
import { formatBytes } from "./byte-size.ts";
import { printable } from "./printable.ts";

/** The line that ends a put, or what amounts to one: on which nodes the file now is. */
export function describeStored(
  { key, size, version, copies, wanted, holders }: StoreAnswer,
  done: "stored" | "restored" | "resolved" | "copied" | "moved" = "stored",
): string {
  const about = `${formatBytes(size)}, version ${shortVersion(version)}`;
  return `${done} ${printable(key)} (${about}) on ${describeHolders({ copies, wanted, holders })}`;
}

/** `2 of 3 nodes: anna, berta`, and what happens about the third. */
export function describeHolders(held: {
  readonly copies: number;
  readonly wanted: number;
  readonly holders: readonly NodeRef[];
}): string {
  const { copies, wanted, holders } = held;
  const names = holders.map(({ name }) => printable(name)).sort();
  // Others that hold the blobs by another file count too, so there can be more than asked for.
  if (copies > wanted) return `${copies} nodes: ${names.join(", ")}`;
  const nodes = wanted === 1 ? "node" : "nodes";
  const rest = copies < wanted ? " (more follow)" : "";
  return `${copies} of ${wanted} ${nodes}: ${names.join(", ")}${rest}`;
}

/** A version as people tell it apart, and as commands take it; --json and stat show the whole one. */
export function shortVersion(version: string): string {
  return `${version.slice(0, 12)}…`;
}
