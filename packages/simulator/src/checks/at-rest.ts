import { type Entry, type EntryId, isGstoreError } from "@gstore/core";
import { winningVersion } from "@gstore/server/internals";
import type { Acknowledgement } from "../history/ledger.ts";
import { bytesOf } from "../workload/operations.ts";
import type { World } from "../world/world.ts";
import { countingEntries, holdersOf, type Member, mayHaveExpired, membersAtRest } from "./rest.ts";
import { headsOf } from "./version-vectors.ts";

/** What must hold of all that was ever written, once the members agree. */
export async function checkAtRest(world: World): Promise<void> {
  const members = membersAtRest(world);
  const entries = countingEntries(world, members);
  await nothingAcknowledgedIsLost(world, { members, entries });
  await allSeeTheSame(world, { members, entries });
  await storesAreIntact(world, members);
}

interface Rest {
  readonly members: readonly Member[];
  readonly entries: readonly Entry[];
}

/** Every acknowledged write is there, unless every node that was said to hold it lost its disk or left. */
async function nothingAcknowledgedIsLost(world: World, { members, entries }: Rest): Promise<void> {
  const known = new Map<EntryId, Entry>(entries.map((entry) => [entry.id, entry]));
  for (const acknowledgement of world.ledger.acknowledged.values()) {
    const { version, key, op, holders } = acknowledgement;
    const safe = holders.filter((name) => keeps(world, members, { name, acknowledgement }));
    const written = world.ledger.entries.get(version);
    // Of a member that was removed only what its remover had seen counts.
    if (safe.length === 0 || written === undefined || !isAuthorityKept(world, members, written)) continue;
    const entry = known.get(version);
    const nodes = [...holders];
    const rule = "no acknowledged version is lost while one of its holders keeps its disk";
    if (entry === undefined) {
      world.violate(rule, `${op} ${version}: nobody has the entry; held by ${holders}, safe ${safe}`, {
        key,
        nodes,
      });
      return;
    }
    if (mayHaveExpired(world, entry, entries) || (await holdersOf(entry, members)).length > 0) continue;
    world.violate(rule, `${op} ${version}: nobody has all blobs; held by ${holders}, safe ${safe}`, {
      key,
      nodes,
    });
    return;
  }
}

function keeps(
  world: World,
  members: readonly Member[],
  { name, acknowledgement }: { name: string; acknowledgement: Acknowledgement },
): boolean {
  const node = world.node(name);
  const isMember = members.some(({ machine }) => machine === node);
  const lost = node.losses.some(
    ({ atMs, keptUntilMs }) => atMs >= acknowledgement.begunAtMs && acknowledgement.atMs > keptUntilMs,
  );
  return isMember && !lost;
}

function isAuthorityKept(world: World, [first]: readonly Member[], entry: Entry): boolean {
  return first !== undefined && world.checks.counts(first.machine, entry);
}

/** Every member that can read shows the same version of each key: what no other has seen, by one rule. And it gives its bytes. */
async function allSeeTheSame(world: World, { members, entries }: Rest): Promise<void> {
  // Keys whose purge does not count any more: who had carried it out has nothing to show.
  const undone = new Set<string>();
  const byKey = Map.groupBy(entries, ({ body }) => body.space + body.keyId);
  const expected = [...byKey].flatMap(([key, versions]) => {
    const heads = headsOf(versions);
    if (heads.some(({ id }) => world.ledger.erased.has(id))) undone.add(key);
    const winner = winningVersion(
      heads.map((entry) => ({
        entry,
        arrival: 0,
        complete: false,
        dropped: false,
        expired: false,
        superseded: null,
      })),
    )?.entry;
    return winner?.body.op === "put" && !undone.has(key) ? [winner] : [];
  });
  for (const member of members) {
    if (member.running.parts.members.get(member.machine.peer)?.role === "vault") continue;
    await showsThese(world, member, { expected, members, undone });
    if (world.violation !== null) return;
  }
}

function isOfKeys({ ledger }: World, keys: ReadonlySet<string>, version: EntryId): boolean {
  const body = ledger.entries.get(version)?.body;
  return body !== undefined && keys.has(body.space + body.keyId);
}

async function showsThese(
  world: World,
  { machine, running }: Member,
  {
    expected,
    members,
    undone,
  }: { expected: readonly Entry[]; members: readonly Member[]; undone: ReadonlySet<string> },
): Promise<void> {
  const nodes = [machine.name];
  const { items } = await running.node.list("");
  const shown = new Map(items.flatMap((item) => (item.kind === "file" ? [[item.version, item.key]] : [])));
  const missing = expected.find(({ id }) => !shown.has(id));
  const surplus = [...shown].find(
    ([version]) => !expected.some(({ id }) => id === version) && !isOfKeys(world, undone, version),
  );
  if (missing !== undefined || surplus !== undefined) {
    const [version, key] = surplus ?? [missing?.id];
    const detail =
      surplus === undefined ? `${version} is not shown` : `${version} is shown, ${missing?.id} is not`;
    world.violate("all members show the same version of each key, and nothing deleted", detail, {
      nodes,
      ...(key && { key }),
    });
    return;
  }
  for (const entry of expected) {
    const key = shown.get(entry.id) as string;
    const begun = world.checks.reads.begin(machine, key);
    const isHeld = (await holdersOf(entry, members)).length > 0;
    try {
      const { version, digest, stream } = await running.node.get(key);
      world.checks.reads.gave(machine, begun, { version, digest, bytes: await bytesOf(stream) });
    } catch (error) {
      if (!isHeld && isGstoreError(error, "NO_HOLDER_REACHABLE")) continue;
      world.violate("what a member holds can be read by all", String(error), { nodes, key });
      return;
    }
  }
}

/**
 * I1, and that a disk which lost nothing has lost nothing. A group that failed to be synced, or was cut off by a crash, may
 * be there in part: the store cannot tell that from damage and reports it.
 */
async function storesAreIntact(world: World, members: readonly Member[]): Promise<void> {
  for (const { machine, running } of members) {
    if (machine.hasRotted) continue;
    const report = await running.node.verify();
    const damaged = report.damaged.filter(({ digest }) => machine.syncedBlobs.has(digest));
    const lost = report.damagedSpans.filter((span) => machine.image.file(span.path)?.isSynced(span) ?? true);
    if (damaged.length === 0 && lost.length === 0) continue;
    world.violate("I1: a store holds what hashes to its digest", JSON.stringify({ damaged, lost }), {
      nodes: [machine.name],
    });
  }
}
