import type { NetworkId } from "@gstore/core";
import { SeededRandom } from "@gstore/testing";
import { Checks } from "../checks/checks.ts";
import { Ledger } from "../history/ledger.ts";
import { Internet } from "../network/internet.ts";
import { Scheduler } from "../time/scheduler.ts";
import { type Build, PRODUCT } from "./build.ts";
import type { SimulatedNode } from "./simulated-node.ts";
import { type Subjects, Trace } from "./trace.ts";
import type { Violation } from "./violation.ts";

export interface WorldOptions {
  readonly seed: string;
  readonly build?: Build;
  /** Whether the workload writes on a node whose old disk came back and that has not met the others since. */
  readonly writesBehindItself?: boolean;
}

/** One simulation: time, the network between machines, the machines, what was written, and what was found wrong. */
export class World {
  readonly seed: string;
  readonly build: Build;
  readonly writesBehindItself: boolean;
  readonly scheduler: Scheduler = new Scheduler();
  readonly internet: Internet;
  readonly trace: Trace;
  readonly ledger: Ledger = new Ledger();
  readonly checks: Checks;
  readonly nodes: Map<string, SimulatedNode> = new Map();
  /** What was begun and is not over: each says whether it can still come to its end. */
  readonly #undertakings = new Set<{ readonly isLost: () => boolean }>();
  #names = 0;
  /** Set by the founding. */
  networkId: NetworkId = "" as NetworkId;
  /** How long (ms) superseded versions are kept; null for longer than any run. */
  historyMs: number | null = null;
  /** Versions that were given up as old history. */
  expired = 0;
  /** Blobs that nodes collected as garbage, for who wants to know whether a run had any. */
  collected = 0;
  /** The first thing that was found wrong: the run ends there. */
  violation: Violation | null = null;

  constructor({ seed, build = PRODUCT, writesBehindItself = false }: WorldOptions) {
    this.seed = seed;
    this.build = build;
    this.writesBehindItself = writesBehindItself;
    this.trace = new Trace(() => this.scheduler.now);
    this.internet = new Internet(this.scheduler, this.random("internet"));
    this.checks = new Checks(this);
    this.scheduler.onThrow = (error) => this.violate("no timer callback throws", textOf(error));
    this.internet.onUnexpected = (peer, error) => {
      const node = [...this.nodes.values()].find((one) => one.peer === peer)?.name ?? peer;
      this.violate("what a node refuses a peer has a code", textOf(error), { nodes: [node] });
    };
  }

  /** Chance for one purpose: what others draw does not change it. */
  random(purpose: string): SeededRandom {
    return new SeededRandom(`${this.seed} ${purpose}`);
  }

  /** A name that no node has had. */
  newName(): string {
    return `n${this.#names++}`;
  }

  node(name: string): SimulatedNode {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    return node;
  }

  /** Nodes whose process runs and has started. */
  running(): SimulatedNode[] {
    return [...this.nodes.values()].filter((node) => node.running !== null);
  }

  /** Operations, joins and the like that go on. */
  get undertakings(): number {
    return [...this.#undertakings].filter(({ isLost }) => !isLost()).length;
  }

  /** Takes note of something that goes on until the promise settles, or until `isLost`: its process is gone. */
  undertake<T>(work: Promise<T>, isLost: () => boolean = () => false): Promise<T> {
    const undertaking = { isLost };
    this.#undertakings.add(undertaking);
    const over = (): void => void this.#undertakings.delete(undertaking);
    work.then(over, over);
    return work;
  }

  /** Notes that a rule was broken. */
  violate(rule: string, detail: string, subjects: Subjects = {}): void {
    if (this.violation !== null) return;
    this.violation = { rule, detail, ...subjects };
    this.trace.note(`VIOLATION: ${rule}: ${detail}`, subjects);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error);
}
