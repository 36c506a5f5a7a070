import { type Entry, type EntryId, type ErrorCode, GstoreError, isGstoreError } from "@gstore/core";
import type { SeededRandom } from "@gstore/testing";
import type { SimulatedNode } from "../world/simulated-node.ts";
import type { RunningNode } from "../world/start-node.ts";
import type { World } from "../world/world.ts";
import { type Content, newContent } from "./content.ts";

/** Longer than any wait of the product that it promises to end: an operation that takes longer hangs. */
const OPERATION_MS_MAX = 180_000;

/** Members' receipts of a purge are waited for less than so many seconds. */
const PURGE_TIMEOUT_S_MAX = 25;

/** What an operation may be refused with while faults go on. Anything else is a fault of the product. */
const EXPECTED: readonly ErrorCode[] = [
  ...(["ABORTED", "NOT_RUNNING", "STORE_CLOSED", "TOO_BUSY", "TIMEOUT"] as const),
  ...(["STORE_FULL", "STORE_IO", "STORE_DAMAGED", "BLOB_DAMAGED", "BLOB_NOT_FOUND"] as const),
  ...(["VERSION_PURGED", "METADATA_MISSING"] as const),
  ...(["KEY_NOT_FOUND", "VERSION_NOT_FOUND", "NO_HOLDER_REACHABLE", "COPIES_NOT_REACHED"] as const),
  ...(["NOT_A_MEMBER", "REQUEST_REFUSED", "SPACE_NOT_FOUND", "KEY_MISSING"] as const),
  ...(["PEER_UNREACHABLE", "CONNECTION_LOST", "ALREADY_EXISTS", "INVALID_ARGUMENT"] as const),
];

/** What a program does with a node, with each answer checked against what is known to have happened. */
export class Operations {
  readonly #world: World;
  readonly #random: SeededRandom;
  readonly #contents: Content[] = [];

  constructor(world: World, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  put(machine: SimulatedNode, key: string): void {
    if (!this.#mayWrite(machine)) return;
    const { bytes, digest } = this.#content();
    const wait = ([undefined, "local", "min", "all"] as const)[this.#random.below(4)];
    const copies = this.#random.below(4) === 0 ? 1 + this.#random.below(4) : undefined;
    this.#world.ledger.means(key, digest, bytes);
    const begunAtMs = this.#world.scheduler.now;
    this.#do(
      machine,
      { what: `put ${bytes.length} bytes (wait ${wait}, copies ${copies})`, key },
      async (running) => {
        const before = versionsOf(running, key);
        const options = { ...(wait && { wait }), ...(copies && { copies }) };
        try {
          const { version, holders } = await running.node.store(key, bytes, options);
          const names = holders.map(({ name }) => name);
          this.#acknowledged(machine, { key, op: "put", version, holders: names, begunAtMs, before });
        } catch (error) {
          // It is stored here all the same, and the error says so.
          const isHere = isGstoreError(error, "COPIES_NOT_REACHED");
          const version = isHere ? (error.fields.version as EntryId) : null;
          if (version === null) throw error;
          this.#acknowledged(machine, {
            key,
            op: "put",
            version,
            holders: [machine.name],
            begunAtMs,
            before,
          });
        }
      },
    );
  }

  remove(machine: SimulatedNode, key: string): void {
    if (!this.#mayWrite(machine)) return;
    const begunAtMs = this.#world.scheduler.now;
    this.#do(machine, { what: "remove", key }, async (running) => {
      const before = versionsOf(running, key);
      const { version } = await running.node.remove(key);
      this.#acknowledged(machine, { key, op: "remove", version, holders: [machine.name], begunAtMs, before });
    });
  }

  purge(machine: SimulatedNode, key: string): void {
    if (!this.#mayWrite(machine)) return;
    const timeoutMs = 1000 * this.#random.below(PURGE_TIMEOUT_S_MAX);
    const begunAtMs = this.#world.scheduler.now;
    this.#do(machine, { what: `purge (${timeoutMs} ms)`, key }, async (running) => {
      const before = versionsOf(running, key);
      const report = await running.node.purge(key, { timeoutMs });
      const { version } = report;
      // Where nobody wrote since the last purge it is that one.
      if (!before.some(({ id }) => id === version))
        this.#acknowledged(machine, {
          key,
          op: "remove",
          version,
          holders: [machine.name],
          begunAtMs,
          before,
        });
      this.#world.checks.purges.reported(report, begunAtMs);
    });
  }

  get(machine: SimulatedNode, key: string): void {
    this.#do(machine, { what: "get", key }, async (running) => {
      const { reads } = this.#world.checks;
      const begun = reads.begin(machine, key);
      try {
        const { version, digest, stream } = await running.node.get(key);
        reads.gave(machine, begun, { version, digest, bytes: await bytesOf(stream) });
      } catch (error) {
        if (isGstoreError(error, "KEY_NOT_FOUND")) reads.foundNothing(machine, begun);
        throw error;
      }
    });
  }

  /** Gives space back now, as a user may ask for at any time. */
  collect(machine: SimulatedNode): void {
    this.#do(machine, { what: "collect" }, async ({ parts }) => {
      await parts.collection.collector.collect();
    });
  }

  /** Runs an operation of any kind: it ends in time, and what it rejects with has an expected code. */
  other(machine: SimulatedNode, what: string, work: (running: RunningNode) => Promise<void>): void {
    this.#do(machine, { what }, work);
  }

  /** Now and then what was put before, under this key or another: its blobs may be there still, as garbage or not. */
  #content(): Content {
    const isKnown = this.#random.below(4) === 0;
    const known = this.#contents[this.#random.below(Math.max(1, this.#contents.length))];
    if (isKnown && known !== undefined) return known;
    const content = newContent(this.#random);
    this.#contents.push(content);
    return content;
  }

  /**
   * What a node writes between the return of a disk that was set back and its meeting the others, who know what it wrote before, is the
   * product's to lose as yet: see README.md.
   */
  #mayWrite(machine: SimulatedNode): boolean {
    if (!machine.isBehindItself || this.#world.writesBehindItself) return true;
    const others = [...this.#world.nodes.values()].filter((node) => node !== machine && !node.isGone);
    const isKnownToAll = others.every(({ peer }) => machine.running?.network.isConnectedTo(peer));
    if (isKnownToAll) machine.isBehindItself = false;
    return false;
  }

  #do(
    machine: SimulatedNode,
    { what, key }: { what: string; key?: string },
    work: (running: RunningNode) => Promise<void>,
  ): void {
    const { running } = machine;
    if (running === null) return;
    const { trace, scheduler } = this.#world;
    const subjects = { nodes: [machine.name], ...(key !== undefined && { key }) };
    trace.note(what, subjects);
    const cancel = scheduler.schedule(OPERATION_MS_MAX, () => {
      if (!running.life.isOver) this.#world.violate("every operation ends", what, subjects);
    });
    this.#world
      .undertake(work(running), () => running.life.isOver)
      .then(cancel, (error: unknown) => {
        cancel();
        if (isGstoreError(error, ...EXPECTED)) trace.note(`${what.split(" ")[0]}: ${error.code}`, subjects);
        else
          this.#world.violate(
            "operations are refused with a code that is documented for them",
            textOf(error),
            subjects,
          );
      });
  }

  #acknowledged(
    machine: SimulatedNode,
    given: {
      key: string;
      op: "put" | "remove";
      version: EntryId;
      holders: readonly string[];
      begunAtMs: number;
      before: readonly Entry[];
    },
  ): void {
    const { before, ...said } = given;
    const { ledger, scheduler, trace, checks } = this.#world;
    const acknowledgement = { ...said, atMs: scheduler.now };
    ledger.acknowledge(acknowledgement);
    const { key, op, version, holders } = given;
    trace.note(`${op} acknowledged: ${shortOf(version)} on ${holders.join(" ")}`, {
      nodes: [machine.name],
      key,
    });
    checks.reads.acknowledged(machine, acknowledgement, before);
  }
}

/** The versions of a key that a node has. */
function versionsOf({ parts, disk }: RunningNode, key: string): readonly Entry[] {
  const space = parts.spaces.all().find(({ name }) => name === "main");
  return space === undefined ? [] : [...disk.versions({ space: space.id, keyId: space.keys.keyIdOf(key) })];
}

export async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

export function shortOf(version: string): string {
  return version.slice(4, 12);
}

function textOf(error: unknown): string {
  if (error instanceof GstoreError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
