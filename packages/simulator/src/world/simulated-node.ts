import type { Digest, EntryId, PeerId } from "@gstore/core";
import { DiskImage } from "../disk/disk-image.ts";
import type { Host } from "../network/host.ts";
import type { ClockError } from "../time/node-clock.ts";
import { Life } from "./life.ts";
import type { NodeFounding } from "./node-folder.ts";
import { type RunningNode, startNode } from "./start-node.ts";
import type { World } from "./world.ts";

/** Data that a machine's disk lost, or may have. */
export interface DiskLoss {
  readonly atMs: number;
  /** What was stored before this is there still. */
  readonly keptUntilMs: number;
}

/** A machine with a disk and a clock, on which a node's process runs or not. */
export class SimulatedNode {
  readonly name: string;
  readonly peer: PeerId;
  readonly founding: NodeFounding;
  readonly host: Host;
  readonly clockError: ClockError;
  /** Addresses it connects to when it starts. */
  readonly bootstrap: Set<string> = new Set();
  readonly losses: DiskLoss[] = [];
  hasRotted = false;
  /** Blobs that its disk has synced, as far as that disk is still in it. */
  readonly syncedBlobs: Set<Digest> = new Set();
  /** When (simulated ms) it stored entries first. */
  readonly storedMs: Map<EntryId, number> = new Map();
  /** When (simulated ms) its wall clock was last set. */
  clockSetMs: number = Number.NEGATIVE_INFINITY;
  image: DiskImage = new DiskImage();
  /** Processes it has had. */
  lives = 0;
  /** On its way out of the network; then {@link isGone}. */
  isLeaving = false;
  /** Its folder is a copy of the one it last ran on, as the next process will notice. */
  isOnCopy = false;
  /** An old disk came back, unnoticed, and it has not met everybody since: a write now could take a number that it has used. */
  isBehindItself = false;
  /** When (simulated ms) it went, never to come back. */
  goneMs: number = Number.POSITIVE_INFINITY;
  readonly #world: World;
  #life: Life | null = null;
  #running: RunningNode | null = null;
  #isStopping = false;

  constructor(world: World, founding: NodeFounding, clockError: ClockError) {
    this.#world = world;
    this.founding = founding;
    this.name = founding.name;
    this.peer = founding.identity.peerId;
    this.clockError = clockError;
    this.host = world.internet.addHost(this.peer);
  }

  /** Never to come back. */
  get isGone(): boolean {
    return this.goneMs !== Number.POSITIVE_INFINITY;
  }

  /** Its process, once it has started; null while none runs. */
  get running(): RunningNode | null {
    return this.#running;
  }

  get isUp(): boolean {
    return this.#life !== null;
  }

  /** Whether its process is on its way out. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Starts a process. Resolves when it runs; never where it is killed before. */
  async start(): Promise<void> {
    if (this.#life !== null || this.isGone) return;
    const life = new Life(this.#world.scheduler);
    this.#life = life;
    this.lives++;
    this.host.isPowered = true;
    this.#note(`starts (life ${this.lives})`);
    await this.#start(life);
  }

  /** Stops the process in order. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    this.#isStopping = true;
    this.#note("stops");
    await running.node.stop();
    this.#note("has stopped");
    this.#isStopping = false;
    this.#life = null;
  }

  /** Ends the process at once: killed, or with the power of its machine, which then does not say so to anybody. */
  crash({ withPower }: { withPower: boolean }): void {
    const life = this.#life;
    if (life === null) return;
    this.#note(withPower ? "loses power" : "is killed");
    this.host.network?.vanish({ withPower });
    life.end();
    this.#life = null;
    this.#running = null;
    this.#isStopping = false;
    this.host.isPowered = !withPower;
    // A kill loses nothing that was handed to the system.
    if (withPower) this.image = this.image.crashed(this.#world.random(`${this.name} crash ${this.lives}`));
    this.#world.checks.purges.lookAt(this);
  }

  /** Its disk has an entry now. */
  stored(version: EntryId): void {
    if (!this.storedMs.has(version)) this.storedMs.set(version, this.#world.scheduler.now);
  }

  /** Goes for good, with its disk. */
  go({ withPower }: { withPower: boolean }): void {
    this.crash({ withPower });
    this.goneMs = this.#world.scheduler.now;
  }

  /** Ends the process with the world. */
  abandon(): void {
    this.#life?.end();
  }

  async #start(life: Life): Promise<void> {
    try {
      const running = await startNode(this.#world, this, life);
      if (life.isOver) return;
      this.#running = running;
      this.#note("is up");
    } catch (error) {
      if (life.isOver) return;
      this.#note(`could not start: ${String(error)}`);
      this.host.network?.vanish({ withPower: false });
      life.end();
      this.#life = null;
      throw error;
    }
  }

  #note(text: string): void {
    this.#world.trace.note(text, { nodes: [this.name] });
  }
}
