import type { Admission, Removal, Role, RoleChange } from "../formats/membership-operation.ts";
import { ROLES } from "../formats/membership-operation.ts";
import type { PeerId, SpaceId } from "../ids.ts";
import type { MembershipDag, Past, PlacedRecord } from "./membership-dag.ts";

/** What is known about a record's validity: nothing yet, that it counts, or that it does not. */
export type Label = "undecided" | "in" | "out";

/** The index of a record that has to be decided first. */
export type Blocker = number;

/** What one may do who knows a part of the log, by the records about him in it that count. */
export interface Standing {
  /** False for who was removed, or has left, and was not admitted again. Role and spaces are then the last ones. */
  readonly isMember: boolean;
  readonly role: Role;
  readonly spaces: readonly SpaceId[] | null;
  /** The latest admission that still holds; it has the name and the agreement key. */
  readonly admission: number;
  /** The earliest admission that still holds: who has the lower one is senior. */
  readonly since: number;
}

/** The operations that are about one member. */
type Personal = Admission | Removal | RoleChange;

/** The records about each peer, and what follows from those of them that count. */
export class Standings {
  readonly #dag: MembershipDag;
  readonly #labels: readonly Label[];
  readonly #about = new Map<PeerId, number[]>();

  constructor(dag: MembershipDag, labels: readonly Label[]) {
    this.#dag = dag;
    this.#labels = labels;
    for (const { record, index } of dag.nodes) {
      const operation = personal(record.body.operation);
      if (operation === undefined) continue;
      const known = this.#about.get(operation.member);
      if (known === undefined) this.#about.set(operation.member, [index]);
      else known.push(index);
    }
  }

  /** Who is named by any admission, whether it counts or not. */
  peers(): Iterable<PeerId> {
    return this.#about.keys();
  }

  /** All records about a peer, in order, whether they count or not. */
  about(peer: PeerId): readonly number[] {
    return this.#about.get(peer) ?? [];
  }

  /** The standing of a peer by the records of a part of the log; null where no admission of it counts there. */
  of(peer: PeerId, past: Past): Standing | null | Blocker {
    const counting: number[] = [];
    for (const index of this.about(peer)) {
      const label = past.includes(index) ? this.#labels[index] : "out";
      if (label === "undecided") return index;
      if (label === "in") counting.push(index);
    }
    const admissions = counting.filter((index) => this.#operation(index).op === "admit");
    if (admissions.length === 0) return null;
    const latest = this.#latest(counting);
    const held = this.#held(admissions, counting);
    const isMember = held.length > 0 && latest.every((index) => this.#operation(index).op !== "remove");
    const [first, last] = isMember ? [held[0], held.at(-1)] : [admissions[0], admissions.at(-1)];
    const giving = counting.filter((index) => this.#operation(index).op !== "remove");
    const { role, spaces } = this.#rights(isMember ? latest : this.#latest(giving));
    return {
      isMember,
      role,
      spaces,
      admission: last as number,
      since: first as number,
    };
  }

  /** Those that no other of them follows. */
  #latest(counting: readonly number[]): number[] {
    const latest: number[] = [];
    for (const index of counting.toReversed()) {
      if (!latest.some((later) => this.#dag.isAncestor(index, later))) latest.push(index);
    }
    return latest;
  }

  /** Admissions that no removal followed. */
  #held(admissions: readonly number[], counting: readonly number[]): number[] {
    const removals = counting.filter((index) => this.#operation(index).op === "remove");
    return admissions.filter((index) => !removals.some((removal) => this.#dag.isAncestor(index, removal)));
  }

  /**
   * The rights that records without order among them give together. A change of role beats an admission, as what takes
   * away has to beat what was given at the same time; of changes the one that leaves least holds, of admissions the one
   * that gives most: their member could show either of them alone.
   */
  #rights(latest: readonly number[]): Pick<Standing, "role" | "spaces"> {
    const operations = latest.toSorted((left, right) => left - right).map((index) => this.#operation(index));
    const changes = operations.filter((operation) => operation.op === "changeRole");
    const least = changes.sort((left, right) => ROLES[right.role] - ROLES[left.role])[0];
    if (least !== undefined) return least;
    const admissions = operations.filter((operation) => operation.op === "admit");
    return admissions.sort((left, right) => ROLES[left.role] - ROLES[right.role])[0] as Admission;
  }

  #operation(index: number): Personal {
    return personal((this.#dag.nodes[index] as PlacedRecord).record.body.operation) as Personal;
  }
}

/** Whether all of `spaces` are among `scope`; null stands for every space there is or will be. */
export function isWithin(spaces: readonly SpaceId[] | null, scope: readonly SpaceId[] | null): boolean {
  return scope === null || (spaces?.every((space) => scope.includes(space)) ?? false);
}

function personal(operation: { readonly op: string }): Personal | undefined {
  return operation.op === "admit" || operation.op === "remove" || operation.op === "changeRole"
    ? (operation as Personal)
    : undefined;
}
