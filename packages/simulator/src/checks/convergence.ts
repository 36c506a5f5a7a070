import type { AuthorSeq, Entry } from "@gstore/core";
import type { World } from "../world/world.ts";
import {
  countingEntries,
  holdersOf,
  keepersOf,
  type Member,
  mayHaveExpired,
  membersAtRest,
  placedHolders,
} from "./rest.ts";

/** What keeps the members from being at rest and of one mind; null where nothing does. */
export async function disagreement(world: World): Promise<string | null> {
  const waiting = [...world.nodes.values()].filter((node) => !node.isGone && node.running === null);
  if (waiting.length > 0) return `${waiting.map(({ name }) => name)} not up`;
  if (world.undertakings > 0) return `${world.undertakings} operations go on`;
  const members = membersAtRest(world);
  return (
    missingConnection(members) ??
    differentMembership(members) ??
    (await differentEntries(world, members)) ??
    (await wrongCopies(world, members))
  );
}

function missingConnection(members: readonly Member[]): string | null {
  for (const { machine, running } of members) {
    const other = members.find(
      (one) => one.machine !== machine && !running.network.isConnectedTo(one.machine.peer),
    );
    if (other !== undefined) return `${machine.name} is not connected to ${other.machine.name}`;
  }
  return null;
}

function differentMembership(members: readonly Member[]): string | null {
  const logs = members.map(({ running }) => running.parts.members.recordIds().sort().join());
  const odd = members.find((_, index) => logs[index] !== logs[0]);
  return odd === undefined
    ? null
    : `${odd.machine.name} has another membership log than ${members[0]?.machine.name}`;
}

async function differentEntries(world: World, members: readonly Member[]): Promise<string | null> {
  const entries = countingEntries(world, members);
  for (const { machine, running } of members) {
    const rotten = machine.hasRotted ? await running.disk.entries.vector() : [];
    const lacking = entries.find((entry) => !running.disk.has(entry.id) && !isAmong(rotten, entry));
    if (lacking !== undefined) return `${machine.name} lacks the entry ${describe(world, lacking)}`;
  }
  return null;
}

/** Whether an entry was stored where this is the vector: nobody sends again what rots there. */
function isAmong(vector: readonly AuthorSeq[], { body }: Entry): boolean {
  const { author, incarnation } = body.dot;
  return vector.some(
    (last) => last.author === author && last.incarnation === incarnation && last.seq >= body.seq,
  );
}

/**
 * What is wrong with the copies of a version of which somebody has one: who should hold it and does not, that there are
 * fewer than wanted, or more. Of a member that rotted somewhere it can't be told.
 */
async function wrongCopies(world: World, members: readonly Member[]): Promise<string | null> {
  const entries = countingEntries(world, members);
  for (const entry of entries) {
    if (entry.body.content === null || mayHaveExpired(world, entry, entries)) continue;
    const holders = await keepersOf(entry, members);
    if (holders.length === 0 && (await holdersOf(entry, members)).length === 0) continue;
    const isTold = ({ machine }: Member): boolean => !machine.hasRotted;
    const lacking = placedHolders(entry, members).find(
      (member) => !holders.includes(member) && isTold(member),
    );
    if (lacking !== undefined) return `${lacking.machine.name} lacks a copy of ${describe(world, entry)}`;
    // Its last copy is lost, and who has its blobs has them for another version's sake.
    if (holders.length === 0) continue;
    const [able, wanted] = wantedCopies(entry, members);
    const untold = able.filter((member) => !isTold(member)).length;
    const names = `${holders.map(({ machine }) => machine.name).join(" ")} hold ${describe(world, entry)}`;
    if (holders.length + untold < wanted) return `only ${names}, wanted are ${wanted}`;
    if (untold === 0 && holders.length > wanted) return `${names}, wanted are ${wanted}`;
  }
  return null;
}

/** The members at rest that may hold a version, and how many of them should. */
function wantedCopies({ body }: Entry, members: readonly Member[]): [Member[], number] {
  const placement = members[0]?.running.parts.placement;
  const ranked = placement?.ranked(body) ?? [];
  const able = members.filter(({ machine }) => ranked.includes(machine.peer));
  return [able, Math.min(placement?.wanted(body).copies ?? 0, able.length)];
}

function describe(world: World, { id, body }: Entry): string {
  const author = [...world.nodes.values()].find(({ peer }) => peer === body.dot.author)?.name;
  return `${id.slice(4, 12)} (${body.op} by ${author}, seq ${body.seq})`;
}
