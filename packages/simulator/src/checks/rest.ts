import type { Entry } from "@gstore/core";
import type { SimulatedNode } from "../world/simulated-node.ts";
import type { RunningNode } from "../world/start-node.ts";
import type { World } from "../world/world.ts";
import { hasSeen } from "./version-vectors.ts";

/** A member that runs, when all faults have ended. */
export interface Member {
  readonly machine: SimulatedNode;
  readonly running: RunningNode;
}

/** The members that run, by what the first node knows; it is never removed. */
export function membersAtRest(world: World): Member[] {
  const first = [...world.nodes.values()][0]?.running;
  return world.running().flatMap((machine) => {
    const isMember = first?.parts.members.get(machine.peer) !== undefined;
    return isMember && machine.running !== null ? [{ machine, running: machine.running }] : [];
  });
}

/** The entries that count, of all that some member has. */
export function countingEntries(world: World, members: readonly Member[]): Entry[] {
  const [first] = members;
  const all = new Map(members.flatMap(({ running }) => running.disk.all().map((entry) => [entry.id, entry])));
  return first === undefined
    ? []
    : [...all.values()].filter((entry) => world.checks.counts(first.machine, entry));
}

/** Whether a version may have been given up, as old history or by a removal that erases: another one that counts has seen it. */
export function mayHaveExpired(
  { historyMs, ledger }: World,
  { id, body }: Entry,
  counting: readonly Entry[],
): boolean {
  if (ledger.erased.has(id)) return true;
  const { space, keyId, dot } = body;
  return counting.some((other) => {
    if (historyMs === null && !other.body.erases) return false;
    return other.body.space === space && other.body.keyId === keyId && hasSeen(other, dot);
  });
}

/** The members that have every blob of a version, readable. */
export async function holdersOf(entry: Entry, members: readonly Member[]): Promise<Member[]> {
  const holds = await Promise.all(
    members.map(async ({ running }) => (await running.disk.lacks(entry)).length === 0),
  );
  return members.filter((_, index) => holds[index]);
}

/** Of the members that have every blob of a version those that hold it on purpose: what the others have may go any time. */
export async function keepersOf(entry: Entry, members: readonly Member[]): Promise<Member[]> {
  const holders = await holdersOf(entry, members);
  const records = await Promise.all(holders.map(({ running }) => running.disk.entries.get(entry.id)));
  return holders.filter((_, index) => records[index]?.complete);
}

/** The members that should hold a version, by the product's own placement. */
export function placedHolders({ body }: Entry, members: readonly Member[]): Member[] {
  return members.filter(({ machine, running }) => running.parts.placement.shouldHold(machine.peer, body));
}
