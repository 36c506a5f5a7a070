import type { Entry, WholeVersion } from "@gstore/core";
import type { ObservedDisk } from "../history/observed-disk.ts";
import type { SimulatedNode } from "../world/simulated-node.ts";
import type { World } from "../world/world.ts";
import { CopyChecks } from "./copies.ts";
import { PurgeChecks } from "./purges.ts";
import { ReadChecks } from "./reads.ts";
import { type Statement, saidInAnswer, saidInRequest } from "./statements.ts";
import { contextExcess } from "./version-vectors.ts";

/** What is looked at while a run goes on. What is looked at when it has come to rest is in `at-rest.ts`. */
export class Checks {
  readonly reads: ReadChecks;
  readonly copies: CopyChecks;
  readonly purges: PurgeChecks;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    this.reads = new ReadChecks(world);
    this.copies = new CopyChecks(world);
    this.purges = new PurgeChecks(world);
  }

  /** Whether an entry counts, by what a node knows of its author's rights; false where the node does not run. */
  counts(machine: SimulatedNode, { id, body }: Entry): boolean {
    const { author, incarnation } = body.dot;
    const { space, seq, membershipHeads } = body;
    const members = machine.running?.members;
    return members?.mayAuthor({ author, incarnation, seq, id, space, membershipHeads }) === "yes";
  }

  /** A node is about to store an entry of its own, and others and blobs together with it. */
  authored(
    machine: SimulatedNode,
    entry: Entry,
    { disk, together }: { disk: ObservedDisk; together: readonly WholeVersion[] },
  ): void {
    this.#world.ledger.entries.set(entry.id, entry);
    const nodes = [machine.name];
    const comeAlong = new Set(together.map(({ blob }) => blob?.digest));
    void disk.lacks(entry).then((digests) => {
      const lacking = digests.filter((digest) => !comeAlong.has(digest));
      if (lacking.length === 0) return;
      const detail = `${entry.id} lacks ${lacking}`;
      this.#world.violate("I3: an entry is written after its blobs are synced", detail, { nodes });
    });
    const excess = contextExcess(entry.body.context, disk.versions(entry.body));
    if (excess === undefined) return;
    const detail = `${entry.id} claims to have seen ${excess.author} ${excess.counter}`;
    this.#world.violate("an entry supersedes only what its author had", detail, { nodes });
  }

  /** A node sends a request. */
  asks(machine: SimulatedNode, message: Uint8Array, disk: ObservedDisk): void {
    this.#said(machine, saidInRequest(message), disk);
  }

  /** A node answers a request. */
  answers(
    machine: SimulatedNode,
    exchange: { message: Uint8Array; answer: Uint8Array },
    disk: ObservedDisk,
  ): void {
    this.#said(machine, saidInAnswer(exchange.message, exchange.answer), disk);
  }

  #said(machine: SimulatedNode, { knows, holds }: Statement, disk: ObservedDisk): void {
    const nodes = [machine.name];
    const unknown = [...knows, ...holds].find((version) => !disk.has(version));
    if (unknown !== undefined)
      this.#world.violate("I4: nothing is announced before it is synced", `the entry ${unknown}`, { nodes });
    // What rots after it was stored is still believed to be there.
    if (machine.hasRotted) return;
    for (const version of holds) {
      const entry = this.#world.ledger.entries.get(version);
      if (entry === undefined) continue;
      void disk.lacks(entry).then((lacking) => {
        if (lacking.length === 0) return;
        const detail = `${version} is said to be held and lacks ${lacking}`;
        this.#world.violate("I4: nothing is announced before it is synced", detail, { nodes });
      });
    }
  }
}
