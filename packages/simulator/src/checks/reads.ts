import { type Digest, digestOf, type Entry, type EntryId } from "@gstore/core";
import type { Acknowledgement } from "../history/ledger.ts";
import type { SimulatedNode } from "../world/simulated-node.ts";
import type { World } from "../world/world.ts";
import { hasSeen } from "./version-vectors.ts";

/** A read as it begins: what it may not come behind. */
export interface BegunRead {
  readonly key: string;
  /** Writes to the key that this node had acknowledged by then. */
  readonly floor: readonly Acknowledgement[];
}

/** What a node's user was told, against what he is told later. */
export class ReadChecks {
  readonly #world: World;
  /** By node and key: the writes acknowledged there since its disk last lost something. */
  readonly #floors = new Map<string, Acknowledgement[]>();
  readonly #digests = new Map<EntryId, Digest>();

  constructor(world: World) {
    this.#world = world;
  }

  /** A write was acknowledged that began when the node had these versions of the key. */
  acknowledged(machine: SimulatedNode, acknowledgement: Acknowledgement, before: readonly Entry[]): void {
    const { key, version } = acknowledgement;
    const floor = this.#floor(machine, key);
    floor.push(acknowledgement);
    const subjects = { nodes: [machine.name], key };
    const entry = this.#world.ledger.entries.get(version);
    if (entry === undefined) {
      this.#world.violate("a version that is acknowledged was written", version, subjects);
      return;
    }
    const passedOver = before.find(({ body }) => !hasSeen(entry, body.dot));
    if (passedOver !== undefined)
      this.#world.violate(
        "a write supersedes what its node had",
        `${version} has not seen ${passedOver.id}`,
        subjects,
      );
  }

  /** A machine's disk lost something: what its user was told there before may be gone. */
  forget(machine: SimulatedNode): void {
    for (const key of [...this.#floors.keys()])
      if (key.startsWith(`${machine.name} `)) this.#floors.delete(key);
  }

  begin(machine: SimulatedNode, key: string): BegunRead {
    return { key, floor: [...this.#floor(machine, key)] };
  }

  gave(
    machine: SimulatedNode,
    { key, floor }: BegunRead,
    { version, digest, bytes }: { version: EntryId; digest: Digest; bytes: Uint8Array },
  ): void {
    const subjects = { nodes: [machine.name], key };
    const { ledger } = this.#world;
    const isRight = digestOf(bytes) === digest && ledger.wasMeant(key, digest);
    const isSame = (this.#digests.get(version) ?? digest) === digest;
    this.#digests.set(version, digest);
    if (!isRight || !isSame)
      this.#world.violate("a get never gives wrong bytes", `${bytes.length} bytes of ${version}`, subjects);
    const entry = ledger.entries.get(version);
    if (entry === undefined) {
      this.#world.violate("what is read was written", version, subjects);
      return;
    }
    const newer = floor.find((acked) => {
      const known = ledger.entries.get(acked.version) as Entry;
      return acked.version !== version && hasSeen(known, entry.body.dot);
    });
    if (newer !== undefined)
      this.#world.violate(
        "a read does not come behind a write that its node acknowledged",
        `${version} after ${newer.version}`,
        subjects,
      );
  }

  foundNothing(machine: SimulatedNode, { key, floor }: BegunRead): void {
    const { ledger, checks } = this.#world;
    const removals = [...ledger.entries.values()].filter(({ body }) => body.op === "remove");
    const lost = floor.find(({ op, version }) => {
      const entry = ledger.entries.get(version) as Entry;
      if (op !== "put" || !checks.counts(machine, entry)) return false;
      return !removals.some((removal) => isSameKey(removal, entry) && hasSeen(removal, entry.body.dot));
    });
    if (lost !== undefined)
      this.#world.violate("a read finds what its node acknowledged", lost.version, {
        nodes: [machine.name],
        key,
      });
  }

  #floor(machine: SimulatedNode, key: string): Acknowledgement[] {
    const id = `${machine.name} ${key}`;
    const floor = this.#floors.get(id) ?? [];
    this.#floors.set(id, floor);
    return floor;
  }
}

function isSameKey(one: Entry, other: Entry): boolean {
  return one.body.space === other.body.space && one.body.keyId === other.body.keyId;
}
