import type { Admission, MembershipOperation } from "../formats/membership-operation.ts";
import type { PeerId, SpaceId } from "../ids.ts";
import type { MembershipDag, Past, PlacedRecord } from "./membership-dag.ts";
import { type Blocker, isWithin, type Standing, type Standings } from "./standing.ts";

/**
 * Whether a record's issuer had the right to issue it, by the records that came before it and count. What others did at
 * the same time is not looked at here. The root has every right; an admin has those of its spaces; a member may leave, and state its attributes.
 */
export class Authority {
  readonly #dag: MembershipDag;
  readonly #standings: Standings;
  readonly #creations = new Map<SpaceId, number[]>();

  constructor(dag: MembershipDag, standings: Standings) {
    this.#dag = dag;
    this.#standings = standings;
    for (const { record, index } of dag.nodes) {
      const { operation } = record.body;
      if (operation.op !== "createSpace") continue;
      this.#creations.set(operation.space, [...(this.#creations.get(operation.space) ?? []), index]);
    }
  }

  /** True or false, or the record that has to be decided first. */
  permits(node: PlacedRecord): boolean | Blocker {
    const past = this.#dag.pastOf(node.index);
    const { operation } = node.record.body;
    // The root asks nobody: its word stands before anything else is decided, so that nobody can bring it into doubt.
    if (node.isRoot) return true;
    const standing = this.#standings.of(node.issuer, past);
    if (typeof standing === "number") return standing;
    if (standing === null || !standing.isMember) return false;
    if (isAboutItself(node)) return true;
    if (standing.role !== "admin") return false;
    return this.#fits(operation, standing.spaces, past);
  }

  /**
   * Whether any order of arrival could ever give the issuer the right: it is the root, or some record before this one
   * makes it an admin (or for what it may say of itself, admits it), whether that counts or not.
   */
  isThinkable(node: PlacedRecord): boolean {
    if (node.isRoot) return true;
    return this.#standings.about(node.issuer).some((index) => {
      const { operation } = (this.#dag.nodes[index] as PlacedRecord).record.body;
      const isAdmitted = operation.op === "admit" && isAboutItself(node);
      const isAdmin =
        (operation.op === "admit" || operation.op === "changeRole") && operation.role === "admin";
      return (isAdmitted || isAdmin) && this.#dag.isAncestor(index, node.index);
    });
  }

  /** Whether an operation fits what was before it, for an admin of `scope` (null: of every space). */
  #fits(operation: MembershipOperation, scope: readonly SpaceId[] | null, past: Past): boolean | Blocker {
    switch (operation.op) {
      case "admit": {
        if (!isWithin(operation.spaces, scope)) return false;
        const target = this.#standings.of(operation.member, past);
        return typeof target === "number" ? target : isNewOrRenewed(operation, target);
      }
      case "remove":
        return this.#isInReach(operation.member, scope, past);
      case "changeRole":
        return isWithin(operation.spaces, scope) && this.#isInReach(operation.member, scope, past);
      case "createSpace":
        return scope === null;
      case "attributes":
        return this.#isInReach(operation.member, scope, past);
      case "epoch":
      case "grant":
      case "policy":
        return isWithin([operation.space], scope) ? this.#isMade(operation.space, past) : false;
      case "recovery":
        return false;
    }
  }

  /**
   * Whether a peer was ever admitted in this past, and never for more than an admin's spaces. It makes no difference which
   * of these records count: what takes rights away must not wait for what its target can still bring into doubt.
   */
  #isInReach(peer: PeerId, scope: readonly SpaceId[] | null, past: Past): boolean {
    const giving = this.#standings
      .about(peer)
      .filter((index) => past.includes(index))
      .map((index) => (this.#dag.nodes[index] as PlacedRecord).record.body.operation)
      .filter((operation) => operation.op === "admit" || operation.op === "changeRole");
    return (
      giving.some((operation) => operation.op === "admit") &&
      giving.every((operation) => isWithin(operation.spaces, scope))
    );
  }

  /** Whether a space was made in this past. A creation counts that its issuer was only too late to learn not to be allowed. */
  #isMade(space: SpaceId, past: Past): boolean | Blocker {
    for (const index of this.#creations.get(space) ?? []) {
      if (!past.includes(index)) continue;
      const isPermitted = this.permits(this.#dag.nodes[index] as PlacedRecord);
      if (isPermitted !== false) return isPermitted;
    }
    return false;
  }
}

/** Whether a member removes itself. */
export function isLeave(node: PlacedRecord): boolean {
  const { operation } = node.record.body;
  return operation.op === "remove" && operation.member === node.issuer && !node.isRoot;
}

/** What any member may say of itself: that it leaves, how much it can hold and where it stands. */
export function isAboutItself(node: PlacedRecord): boolean {
  const { operation } = node.record.body;
  if (isLeave(node)) return true;
  return operation.op === "attributes" && operation.member === node.issuer && !node.isRoot;
}

/** Admits who is not in, or states name and keys anew of who is, without changing its rights: that is changeRole's, with its cut. */
function isNewOrRenewed(admission: Admission, target: Standing | null): boolean {
  if (target === null || !target.isMember) return true;
  return admission.role === target.role && sameSpaces(admission.spaces, target.spaces);
}

function sameSpaces(left: readonly SpaceId[] | null, right: readonly SpaceId[] | null): boolean {
  return isWithin(left, right) && isWithin(right, left);
}
