import { GstoreError, type PeerId, quoteName } from "@gstore/core";
import type { NodeParts } from "../node-parts.ts";
import type { Tally } from "./tally.ts";

/** Names that a sentence holds. */
const NAMES_MAX = 5;

/** Why this node stays: what is on no other node, and what to do so that others can take it. `mayTake` are who may hold any of it. */
export function leaveRefusal(
  parts: Pick<NodeParts, "name" | "members" | "network">,
  onlyHere: Tally,
  mayTake: ReadonlySet<PeerId>,
): GstoreError {
  const keys = onlyHere.keys.map(({ space, key }) => (space === "main" ? key : `${key} (in ${space})`));
  const which = keys.length === 0 ? "" : `: ${listed(keys, onlyHere.versions)}`;
  const what = `${countsOf(onlyHere)} on no other node${which}`;
  const message = `${parts.name} stays: ${what}. ${remedy(parts, mayTake)}, or leave all the same with --force.`;
  const [first] = onlyHere.keys;
  return new GstoreError("LEAVE_INCOMPLETE", message, {
    actual: onlyHere.versions,
    limit: 0,
    ...(first !== undefined && { key: first.key }),
    retryable: true,
  });
}

function remedy(
  { members, network }: Pick<NodeParts, "members" | "network">,
  mayTake: ReadonlySet<PeerId>,
): string {
  if (mayTake.size === 0)
    return "No other member may hold that: admit one (gstore invite), have it connect, and try again";
  const connected = new Set(network.peers().map(({ peer }) => peer));
  const away = [...mayTake].filter((peer) => !connected.has(peer)).map((peer) => members.nameOf(peer));
  if (away.length === mayTake.size)
    return `Nobody who may hold that is connected: start ${listed(away, away.length)}, and try again`;
  const others = away.length === 0 ? "start other nodes" : `start ${listed(away, away.length)}`;
  return `Those that are connected did not take it: make room on them (gstore members says who is full) or ${others}, and try again`;
}

function countsOf(onlyHere: Tally): string {
  const { files, older, removals, bytes } = onlyHere.counts();
  const some = (count: number, noun: string): string[] =>
    count === 0 ? [] : [`${count} ${count === 1 ? noun : `${noun}s`}`];
  const parts = [...some(files, "file"), ...some(older, "older version"), ...some(removals, "removal")];
  return `${parts.join(" and ")} (${bytes} bytes) ${onlyHere.versions === 1 ? "is" : "are"}`;
}

/** The first of some names, each once, and how many of `count` are not among those. */
function listed(names: readonly string[], count: number): string {
  const shown = [...new Set(names)].slice(0, NAMES_MAX);
  const more = count - names.filter((name) => shown.includes(name)).length;
  return [...shown.map(quoteName), ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
