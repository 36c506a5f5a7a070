import type { Entry, EntryId } from "@gstore/core";
import type { PurgeReport } from "@gstore/server";
import type { ObservedDisk } from "../history/observed-disk.ts";
import type { SimulatedNode } from "../world/simulated-node.ts";
import type { World } from "../world/world.ts";
import { countingEntries, type Member, membersAtRest } from "./rest.ts";
import { hasSeen } from "./version-vectors.ts";

/** What is sealed begins with what all of an epoch have. */
const SHARED_BYTES = 17;
const RULE = "nothing that was sealed is on a disk whose node signed that it is not";

interface Destroyed {
  readonly entry: Entry;
  /** The nodes that signed, each since when its disk must not have lost anything. */
  readonly signed: Map<SimulatedNode, number>;
}

/** What members signed to have destroyed is on none of their disks, and does not come back. */
export class PurgeChecks {
  readonly #world: World;
  readonly #destroyed = new Map<EntryId, Destroyed>();
  /** Purges whose receipts were all there, for who wants to know whether a run had any. */
  complete = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** A purge that began then has given this to its user. */
  reported({ version, members }: PurgeReport, begunAtMs: number): void {
    const { ledger, nodes, trace } = this.#world;
    const purge = ledger.entries.get(version);
    if (purge === undefined) return;
    const signed = [...nodes.values()].filter(({ peer }) =>
      members.some((member) => member.peer === peer && member.state === "destroyed"),
    );
    if (signed.length === members.length) this.complete++;
    trace.note(`purged on ${signed.map(({ name }) => name)} of ${members.length}`);
    for (const entry of coveredBy(purge, ledger.entries.values())) {
      const known = this.#destroyed.get(entry.id) ?? { entry, signed: new Map() };
      this.#destroyed.set(entry.id, known);
      for (const node of signed) known.signed.set(node, begunAtMs);
    }
    for (const node of signed) this.lookAt(node);
  }

  /** A node has stored entries, in whatever form. */
  async stored(machine: SimulatedNode, disk: ObservedDisk, entries: readonly Entry[]): Promise<void> {
    for (const { id, body } of entries) {
      if (body.sealed === null || !this.#isSigned(machine, id)) continue;
      if ((await disk.entries.get(id))?.entry.body.sealed != null) this.#violate(machine, id, "stored whole");
    }
  }

  /** Looks at a node's disk as it is, running or not. */
  lookAt(machine: SimulatedNode): void {
    for (const { entry } of this.#destroyed.values())
      if (this.#isSigned(machine, entry.id) && isOnDisk(machine, entry))
        this.#violate(machine, entry.id, "in its packs");
  }

  /** At rest what purges cover is purged everywhere, whoever signed for it. */
  async atRest(): Promise<void> {
    const members = membersAtRest(this.#world);
    const counting = countingEntries(this.#world, members);
    const purges = counting.filter(({ body }) => body.purges);
    if (purges.length === 0) return;
    const known = [...this.#world.ledger.entries.values()];
    const covered = new Map(
      purges.flatMap((purge) => coveredBy(purge, known)).map((entry) => [entry.id, entry]),
    );
    for (const member of members) {
      // A pack with damage in use stays.
      if (!member.machine.hasRotted) await this.#lookAtRest(member, covered);
      this.lookAt(member.machine);
    }
  }

  async #lookAtRest({ machine, running }: Member, covered: ReadonlyMap<EntryId, Entry>): Promise<void> {
    const rule = "what purges cover is purged everywhere";
    const { ledger } = this.#world;
    const { disk } = running;
    const nodes = [machine.name];
    const others = disk.all().filter(({ id }) => !covered.has(id));
    const kept = new Set(others.flatMap(({ body }) => ledger.blobsOf(body.content)));
    for (const entry of covered.values()) {
      const record = await disk.entries.get(entry.id);
      if (record !== undefined && record.entry.body.sealed !== null)
        this.#world.violate(rule, `${entry.id} is whole`, { nodes });
      if (isOnDisk(machine, entry)) this.#world.violate(rule, `${entry.id} is in its packs`, { nodes });
      const blobs = ledger.blobsOf(entry.body.content).filter((digest) => !kept.has(digest));
      const left = blobs.length - (await disk.blobs.missing(blobs)).length;
      if (left > 0) this.#world.violate(rule, `${left} blobs of ${entry.id} are there`, { nodes });
    }
  }

  #isSigned(machine: SimulatedNode, version: EntryId): boolean {
    const sinceMs = this.#destroyed.get(version)?.signed.get(machine);
    // An old disk that came back has what it had.
    return sinceMs !== undefined && !machine.losses.some(({ atMs }) => atMs >= sinceMs);
  }

  #violate(machine: SimulatedNode, version: EntryId, where: string): void {
    this.#world.violate(RULE, `${version} is ${where}`, { nodes: [machine.name] });
  }
}

function coveredBy(purge: Entry, entries: Iterable<Entry>): Entry[] {
  const { space, keyId } = purge.body;
  return [...entries].filter(
    ({ body }) => body.space === space && body.keyId === keyId && hasSeen(purge, body.dot),
  );
}

function isOnDisk({ image }: SimulatedNode, { body }: Entry): boolean {
  const sealed = Buffer.from(body.sealed ?? []).subarray(SHARED_BYTES);
  const packs = image.paths().filter((path) => path.includes("/packs/"));
  return packs.some((path) => {
    const bytes = image.file(path)?.bytes() ?? new Uint8Array(0);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(sealed);
  });
}
