import type { PeerId } from "../ids.ts";
import { Authority, isAboutItself } from "./authority.ts";
import { closedCycle } from "./closed-cycle.ts";
import type { MembershipDag, PlacedRecord } from "./membership-dag.ts";
import { type Blocker, type Label, Standings } from "./standing.ts";

/**
 * Whether a placed record counts. `overruled`: its issuer had the right by all it knew, but what `by` did at the same
 * time takes it. `unauthorised`: it had not. `impossible`: nor can records that arrive later ever give it.
 */
export type Verdict =
  | { readonly status: "valid" }
  | { readonly status: "overruled"; readonly by: number }
  | { readonly status: "unauthorised" | "impossible" };

export interface Judgement {
  readonly verdicts: readonly Verdict[];
  readonly standings: Standings;
}

/**
 * Decides which records count, docs/spec/membership.md "Which records count". A pure function of the set of records.
 *
 * A *curtailment* takes rights from its target; it attacks what the target issues without knowing of it. A record counts
 * if its issuer had the right by what came before and counts, and no curtailment that counts attacks it; one that attacks
 * back is beaten by the senior's. These rules decide each other, so they are applied until nothing follows any more
 * (the result does not depend on the order of doing so). What is then undecided goes round in circles: of a circle that
 * depends on nothing else the record of the most senior issuer counts and what attacks it does not, and on it goes.
 */
export function judge(dag: MembershipDag): Judgement {
  const judging = new Judging(dag);
  judging.decideAll();
  return { verdicts: dag.nodes.map((node) => judging.verdictOf(node)), standings: judging.standings };
}

type Finding = { readonly label: "in" | "out" } | { readonly waitsFor: readonly Blocker[] };

class Judging {
  readonly standings: Standings;
  readonly #dag: MembershipDag;
  readonly #labels: Label[];
  readonly #authority: Authority;
  readonly #curtailments: ReadonlyMap<PeerId | undefined, readonly PlacedRecord[]>;
  readonly #issued: ReadonlyMap<PeerId, readonly PlacedRecord[]>;
  /** Records to look at again once the one at the index is decided. */
  readonly #dependents: number[][];
  readonly #beatenBy = new Map<number, number>();

  constructor(dag: MembershipDag) {
    this.#dag = dag;
    this.#labels = dag.nodes.map(() => "undecided");
    this.#dependents = dag.nodes.map(() => []);
    this.standings = new Standings(dag, this.#labels);
    this.#authority = new Authority(dag, this.standings);
    this.#curtailments = Map.groupBy(dag.nodes, curtailed);
    this.#issued = Map.groupBy(dag.nodes, (node) => node.issuer);
  }

  decideAll(): void {
    this.#settle(this.#dag.nodes.map((node) => node.index));
    for (;;) {
      const open = this.#labels.indexOf("undecided");
      if (open === -1) return;
      this.#settle(this.#breakCycle(closedCycle(open, (index) => this.#waitsFor(index))));
    }
  }

  verdictOf(node: PlacedRecord): Verdict {
    if (this.#labels[node.index] === "in") return { status: "valid" };
    if (this.#authority.permits(node) === true) {
      const attacker = this.#attackersOf(node).find(
        (other) => this.#labels[other.index] === "in" && this.#beats(node, other) !== true,
      );
      const by = attacker?.index ?? this.#beatenBy.get(node.index);
      if (by !== undefined) return { status: "overruled", by };
    }
    return { status: this.#authority.isThinkable(node) ? "unauthorised" : "impossible" };
  }

  /** Looks at records, and at those that wait for them, until nothing more follows. */
  #settle(indexes: number[]): void {
    const queue = indexes;
    for (let at = 0; at < queue.length; at++) {
      const index = queue[at] as number;
      if (this.#labels[index] !== "undecided") continue;
      const finding = this.#examine(this.#dag.nodes[index] as PlacedRecord);
      // One blocker is enough to watch: as long as that one is undecided, only an attacker that counts decides this one.
      if ("waitsFor" in finding) this.#dependents[finding.waitsFor[0] as number]?.push(index);
      else for (const dependent of this.#decide(index, finding.label)) queue.push(dependent);
    }
  }

  /** Decides a record and gives those that may follow from it. */
  #decide(index: number, label: Label): number[] {
    this.#labels[index] = label;
    const dependents = this.#dependents[index] as number[];
    this.#dependents[index] = [];
    const target = label === "in" ? curtailed(this.#dag.nodes[index] as PlacedRecord) : undefined;
    if (target === undefined) return dependents;
    return [...dependents, ...(this.#issued.get(target) ?? []).map((node) => node.index)];
  }

  #waitsFor(index: number): readonly Blocker[] {
    const finding = this.#examine(this.#dag.nodes[index] as PlacedRecord);
    return "waitsFor" in finding ? finding.waitsFor : [];
  }

  #examine(node: PlacedRecord): Finding {
    const attackers = this.#attackersOf(node);
    const isLost = (other: PlacedRecord): boolean =>
      this.#labels[other.index] === "in" && !this.#attacks(node, other);
    if (attackers.some(isLost)) return { label: "out" };
    const isPermitted = this.#authority.permits(node);
    if (typeof isPermitted === "number") return { waitsFor: [isPermitted, ...this.#openAttackers(node)] };
    if (!isPermitted) return { label: "out" };
    const waitsFor: Blocker[] = [];
    for (const attacker of attackers) {
      if (this.#labels[attacker.index] === "out") continue;
      const isBeaten = this.#beats(node, attacker);
      if (isBeaten === true) continue;
      if (typeof isBeaten === "number") waitsFor.push(isBeaten);
      else if (this.#labels[attacker.index] === "in") return { label: "out" };
      else waitsFor.push(attacker.index);
    }
    return waitsFor.length === 0 ? { label: "in" } : { waitsFor };
  }

  #openAttackers(node: PlacedRecord): number[] {
    const open = this.#attackersOf(node).filter((other) => this.#labels[other.index] === "undecided");
    return open.filter((other) => !this.#attacks(node, other)).map((other) => other.index);
  }

  #attackersOf(node: PlacedRecord): PlacedRecord[] {
    const curtailments = this.#curtailments.get(node.issuer) ?? [];
    return curtailments.filter((other) => this.#attacks(other, node));
  }

  /** Whether `curtailment` takes the right to `node` from its issuer, who did not know of it. */
  #attacks(curtailment: PlacedRecord, node: PlacedRecord): boolean {
    if (node.isRoot || curtailed(curtailment) !== node.issuer) return false;
    if (isAboutItself(node) && curtailment.record.body.operation.op !== "remove") return false;
    return this.#dag.areConcurrent(curtailment.index, node.index);
  }

  /** Whether `node`, whose issuer had the right to it, attacks its attacker back and its issuer is the senior of the two. */
  #beats(node: PlacedRecord, attacker: PlacedRecord): boolean | Blocker {
    if (!this.#attacks(node, attacker)) return false;
    const theirs = this.#seniority(attacker);
    if (typeof theirs === "number") return theirs;
    const ours = this.#seniority(node);
    if (typeof ours === "number") return ours;
    return compareSeniority(ours, theirs) < 0;
  }

  #seniority(node: PlacedRecord): Seniority | Blocker {
    const standing = this.standings.of(node.issuer, this.#dag.pastOf(node.index));
    if (typeof standing === "number") return standing;
    // Who never was a member attacks nobody.
    return [standing?.since ?? Number.POSITIVE_INFINITY, node.index];
  }

  /** Lets the most senior record of a cycle count; gives what has to be looked at again. */
  #breakCycle(cycle: readonly number[]): number[] {
    const candidates = cycle
      .map((index) => this.#dag.nodes[index] as PlacedRecord)
      .filter((node) => this.#authority.permits(node) === true)
      .map((node) => ({ node, rank: this.#rankInCycle(node) }))
      .sort((left, right) => compareSeniority(left.rank, right.rank));
    // There is one: who waits for the right to issue waits for an ancestor, and that is in the cycle too.
    const { node } = candidates[0] as (typeof candidates)[number];
    const again = [node.index];
    for (const attacker of this.#attackersOf(node)) {
      if (this.#labels[attacker.index] !== "undecided" || this.#beats(node, attacker) === true) continue;
      this.#beatenBy.set(attacker.index, node.index);
      again.push(...this.#decide(attacker.index, "out"));
    }
    return again;
  }

  /** By seniority of the issuer, curtailments first: the fewest others fall with them. */
  #rankInCycle(node: PlacedRecord): Seniority {
    const [since, index] = this.#seniority(node) as Seniority;
    return [since, curtailed(node) === undefined ? index + this.#dag.nodes.length : index];
  }
}

/** The admission that an issuer's membership began with, then the record itself. */
type Seniority = readonly [since: number, index: number];

function compareSeniority(left: Seniority, right: Seniority): number {
  return left[0] - right[0] || left[1] - right[1];
}

/** Whose rights a record takes away, or may: all but a change to admin of everything does. */
function curtailed(node: PlacedRecord): PeerId | undefined {
  const { operation } = node.record.body;
  if (operation.op === "remove") return operation.member;
  if (operation.op !== "changeRole") return undefined;
  return operation.role === "admin" && operation.spaces === null ? undefined : operation.member;
}
