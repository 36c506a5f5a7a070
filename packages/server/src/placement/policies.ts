import { isGstoreError, type MembershipState, type PolicyRules } from "@gstore/core";
import { PolicyKeys } from "@gstore/crypto";
import type { Members } from "../membership/members.ts";
import type { OpenSpace } from "../membership/spaces.ts";

/** A policy as who holds the space's keys sees it. */
export interface ReadPolicy {
  readonly policyClass: number;
  /** Empty for the space's default; null where it can't be read here. */
  readonly prefix: string | null;
  readonly rules: PolicyRules;
}

/** The policies of the spaces whose keys this node holds, with their prefixes. */
export class Policies {
  readonly #members: Pick<Members, "state">;
  readonly #read = new WeakMap<
    OpenSpace,
    { readonly state: MembershipState; readonly policies: ReadPolicy[] }
  >();

  constructor(members: Pick<Members, "state">) {
    this.#members = members;
  }

  /** All policies that were set for a space, the longest prefixes first. */
  of(space: OpenSpace): readonly ReadPolicy[] {
    const { state } = this.#members;
    const known = this.#read.get(space);
    if (known?.state === state) return known.policies;
    const keys = new PolicyKeys(space.secrets);
    const policies = [...(state.spaces.get(space.id)?.policies.values() ?? [])].map(
      ({ policyClass, rules, sealedPrefix }): ReadPolicy => ({
        ...{ policyClass, rules },
        prefix: sealedPrefix === null ? "" : tryOpen(keys, policyClass, sealedPrefix),
      }),
    );
    const lengthOf = ({ prefix }: ReadPolicy): number => prefix?.length ?? -1;
    // Of two classes for one prefix, which two admins may have set, all take the lower.
    policies.sort((left, right) => lengthOf(right) - lengthOf(left) || left.policyClass - right.policyClass);
    this.#read.set(space, { state, policies });
    return policies;
  }

  /** The class of a new version of a key: that of the longest prefix that it begins with. */
  classOf(space: OpenSpace, key: string): number {
    return this.policyOf(space, key)?.policyClass ?? 0;
  }

  /** The policy that holds for a key; undefined where only gstore's own default does. */
  policyOf(space: OpenSpace, key: string): ReadPolicy | undefined {
    return this.of(space).find(({ prefix }) => prefix !== null && key.startsWith(prefix));
  }
}

function tryOpen(keys: PolicyKeys, policyClass: number, sealed: Uint8Array): string | null {
  try {
    return keys.openPrefix(policyClass, sealed);
  } catch (error) {
    if (isGstoreError(error)) return null;
    throw error;
  }
}
