import type { NamedNode } from "./api.ts";

/** What a policy asks for. What is not said is: 3 copies, of which 2 at least, in one zone, no node required, 30 days of history. */
export interface PolicySettings {
  readonly copies?: number;
  /** Below so many copies a version is in danger; a put waits for them. */
  readonly min?: number;
  /** Copies lie in so many zones, where there are nodes in so many. */
  readonly zones?: number;
  /** Nodes that hold each version, by id or name. */
  readonly require?: readonly string[];
  /** For how long (ms) superseded versions are kept. Without it: as the space's default. */
  readonly historyMs?: number;
}

/** A policy that was set, or the default that holds where none was. */
export interface PolicyStatus {
  readonly space: string;
  /** Of the keys that it is for: empty for the space's default, null where it can't be read here. */
  readonly prefix: string | null;
  readonly policyClass: number;
  /** False for gstore's own default. */
  readonly isSet: boolean;
  readonly copies: number;
  readonly min: number;
  readonly zones: number;
  readonly required: readonly NamedNode[];
  readonly historyMs: number;
}

export interface PolicyProgress {
  /** Keys below the prefix that were looked at, and those whose current version has its new class. */
  readonly keys: number;
  readonly reclassified: number;
}

export interface PolicyReport extends PolicyProgress {
  readonly policy: PolicyStatus;
  /** Keys in conflict, or whose blobs nobody could give: they keep their class until they are written again. */
  readonly left: number;
  /** What is as asked, and can't be met now. */
  readonly notes: readonly string[];
}

export interface PolicyOptions {
  /** Default: `main`. */
  readonly space?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: PolicyProgress) => void;
}

/** Where a key's current version should be, and why there. */
export interface PlacementExplanation {
  readonly key: string;
  readonly version: string;
  /** `copies`: put with a number of its own. */
  readonly by: "copies" | "policy" | "default";
  readonly policy: PolicyStatus;
  /** The members that may hold it, best first. */
  readonly nodes: readonly (NamedNode & {
    readonly shouldHold: boolean;
    readonly required: boolean;
    /** Null where nobody stated it. */
    readonly capacityBytes: number | null;
    readonly zone: string | null;
    /** It refused a copy for want of room not long ago, or is this node and has none. */
    readonly full: boolean;
  })[];
}

/** How many copies there shall be, and where. */
export interface PolicyOperations {
  /** Those of a space: its default first, then by prefix. */
  policies(options?: { readonly space?: string }): PolicyStatus[];
  /**
   * Sets the policy of the keys that begin with a prefix, or with an empty one the space's default, in place of what was
   * set before. The keys below it are given its class, as far as they were not put with a number of copies of their own:
   * only entries travel. Broken off, that goes on at the node's next start, or when the policy is set again. Rejects with
   * `REQUEST_REFUSED` where this node is no admin of the space, `INVALID_ARGUMENT` for what contradicts itself,
   * `NOT_A_MEMBER` for a node that is none: then nothing was changed.
   */
  setPolicy(prefix: string, settings: PolicySettings, options?: PolicyOptions): Promise<PolicyReport>;
  /** Drops it. Rejects with `INVALID_ARGUMENT` where there is none. */
  removePolicy(prefix: string, options?: PolicyOptions): Promise<PolicyReport>;
  /** Rejects with `KEY_NOT_FOUND`. */
  explain(key: string, options?: { readonly space?: string }): Promise<PlacementExplanation>;
  /** States how much a member can hold and where it stands, in place of what is stated; null for what nobody said. */
  setAttributes(
    idOrName: string,
    attributes: {
      readonly capacityBytes?: number | null;
      readonly zone?: string | null;
      /** Takes it out of the placement, or back in: the others then fetch what it holds, and it gives its copies up. */
      readonly isDraining?: boolean;
    },
  ): Promise<void>;
}
