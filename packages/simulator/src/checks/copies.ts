import { type Digest, type Entry, type EntryId, LEASE_MS_MAX } from "@gstore/core";
import type { ObservedDisk } from "../history/observed-disk.ts";
import type { SimulatedNode } from "../world/simulated-node.ts";
import type { World } from "../world/world.ts";
import { hasSeen } from "./version-vectors.ts";

/** Blobs that a holder proves before a copy is given up by its word: of larger versions it proves a part. */
const PROVED_BLOBS = 8;
/** What happens to a holder so long (ms) before a copy is given up, who gives it up need not have noticed. */
const UNNOTICED_MS: number = LEASE_MS_MAX / 2;

/** The slowest clock counts so many milliseconds in one. */
const CLOCK_RATE_MIN = 0.999;

/** What nodes do with their copies: these go only where that is safe, and while they stay all of them is there. */
export class CopyChecks {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** A node gave up its copies of versions: as many others as wanted hold one. */
  async gaveUp(machine: SimulatedNode, versions: readonly EntryId[]): Promise<void> {
    for (const version of versions) {
      const entry = this.#world.ledger.entries.get(version);
      const placement = machine.running?.parts.placement;
      if (entry === undefined || placement === undefined) continue;
      const { holders, untold } = await this.#holdersBesides(machine, entry);
      const { copies } = placement.wanted(entry.body);
      const { ledger, scheduler } = this.#world;
      ledger.gaveUp(version, { node: machine.name, others: holders, atMs: scheduler.now });
      this.#world.trace.note(`gives up ${version.slice(4, 12)}, held by ${holders.join(" ") || "nobody"}`, {
        nodes: [machine.name],
      });
      if (holders.length + untold >= copies) continue;
      const detail = `${version} is held by ${holders.join(" ") || "nobody"} besides, wanted are ${copies}`;
      this.#world.violate("a copy is given up only while as many others as wanted hold one", detail, {
        nodes: [machine.name, ...holders],
      });
    }
  }

  /** A node gave up versions for good: it has had something for long that supersedes them. */
  async expired(machine: SimulatedNode, disk: ObservedDisk, versions: readonly EntryId[]): Promise<void> {
    const { ledger, checks, scheduler, trace } = this.#world;
    const historyMs = this.#world.historyMs ?? Number.POSITIVE_INFINITY;
    this.#world.expired += versions.length;
    for (const version of versions) {
      const entry = ledger.entries.get(version);
      if (entry === undefined) continue;
      trace.note(`lets ${version.slice(4, 12)} expire`, { nodes: [machine.name] });
      const by = disk
        .versions(entry.body)
        .filter((other) => hasSeen(other, entry.body.dot) && checks.counts(machine, other));
      const sinceMs = Math.min(...by.map(({ id }) => machine.storedMs.get(id) ?? Number.POSITIVE_INFINITY));
      const isOver = scheduler.now - sinceMs >= historyMs * CLOCK_RATE_MIN || machine.clockSetMs >= sinceMs;
      const isErased = by.some(({ body }) => body.erases);
      if (isErased) ledger.erased.add(version);
      if (by.length > 0 && (isOver || isErased)) continue;
      const detail = `${version} was superseded ${(scheduler.now - sinceMs) / 1000} s before`;
      this.#world.violate("no head is given up, and no version before its history is over", detail, {
        nodes: [machine.name],
      });
    }
  }

  /** What a node says to hold all of, it holds. */
  async completed(machine: SimulatedNode, disk: ObservedDisk, versions: readonly EntryId[]): Promise<void> {
    if (machine.hasRotted) return;
    for (const version of versions) {
      const entry = this.#world.ledger.entries.get(version);
      const lacking = entry === undefined ? [] : await disk.lacks(entry);
      if (lacking.length === 0 || !(await disk.entries.get(version))?.complete) continue;
      const detail = `${version} lacks ${lacking}`;
      this.#world.violate("I3: what is noted as complete is there", detail, { nodes: [machine.name] });
    }
  }

  /** A node deleted blobs as garbage: of what it holds nothing is missing. */
  async collected(machine: SimulatedNode, disk: ObservedDisk, blobs: readonly Digest[]): Promise<void> {
    if (blobs.length === 0) return;
    this.#world.trace.note(`collects ${blobs.length} blobs`, { nodes: [machine.name] });
    this.#world.collected += blobs.length;
    if (machine.hasRotted) return;
    const taken = new Set(blobs);
    for (const entry of disk.all()) {
      if (!this.#world.ledger.blobsOf(entry.body.content).some((digest) => taken.has(digest))) continue;
      const lacking = await disk.lacks(entry);
      if (lacking.length === 0 || !(await disk.entries.get(entry.id))?.complete) continue;
      const detail = `${entry.id} lacks ${lacking}`;
      this.#world.violate("nothing that is kept is collected", detail, { nodes: [machine.name] });
    }
  }

  async #holdersBesides(
    machine: SimulatedNode,
    entry: Entry,
  ): Promise<{ holders: string[]; untold: number }> {
    const holders: string[] = [];
    let untold = 0;
    for (const other of this.#world.nodes.values()) {
      if (other === machine) continue;
      const isHolder = await this.#isHolder(other, entry);
      if (isHolder === null) untold++;
      else if (isHolder) holders.push(other.name);
    }
    return { holders, untold };
  }

  /** Null where it can't be told, or could not be known by others. */
  async #isHolder(node: SimulatedNode, entry: Entry): Promise<boolean | null> {
    const nowMs = this.#world.scheduler.now;
    const wasMs = nowMs - UNNOTICED_MS;
    if (node.isGone) return node.goneMs > wasMs ? null : false;
    const { running } = node;
    if (running === null || node.isLeaving || running.startedMs > wasMs) return null;
    if (node.losses.some(({ atMs }) => atMs > wasMs)) return null;
    const { disk } = running;
    if (!(await disk.entries.get(entry.id))?.complete || (await disk.lacks(entry)).length > 0) return false;
    if (!node.hasRotted) return true;
    const blobs = this.#world.ledger.blobsOf(entry.body.content);
    return blobs.length > PROVED_BLOBS ? null : await disk.canRead(blobs);
  }
}
