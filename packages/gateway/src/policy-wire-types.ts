import type { ErrorRecord, NodeRef } from "./wire-types.ts";

/** What the HTTP API sends about policies and placement (docs/spec/http.md, "Policies"). */

export interface PolicyRecord {
  readonly space: string;
  /** Of the keys that it is for: empty for the space's default, null where the node can't read it. */
  readonly prefix: string | null;
  readonly class: number;
  /** False for gstore's own default. */
  readonly set: boolean;
  readonly copies: number;
  readonly min: number;
  readonly zones: number;
  readonly required: readonly NodeRef[];
  readonly historyMs: number;
}

export interface PolicyRequest {
  /** Default: `main`. */
  readonly space?: string;
  readonly prefix: string;
  readonly copies?: number;
  readonly min?: number;
  readonly zones?: number;
  /** Members by id or name. */
  readonly require?: readonly string[];
  /** Such as `30d`. */
  readonly history?: string;
}

export interface PolicyProgressRecord {
  readonly keys: number;
  readonly reclassified: number;
}

export interface PolicyReportRecord extends PolicyProgressRecord {
  readonly policy: PolicyRecord;
  readonly left: number;
  readonly notes: readonly string[];
}

/** One line of setting or dropping a policy: many of the first kind, then one of the second or third. */
export type PolicyEvent =
  | ({ readonly type: "progress" } & PolicyProgressRecord)
  | ({ readonly type: "report" } & PolicyReportRecord)
  | ({ readonly type: "error" } & ErrorRecord);

/** What is stated of a member: bytes that it can hold, and a label of where it stands; null where nobody said. */
export interface AttributesRecord {
  readonly capacityBytes: number | null;
  readonly zone: string | null;
  /** It refused a copy for want of room not long ago, or is the node that was asked and has none. */
  readonly full: boolean;
}

export interface StatedRecord extends AttributesRecord {
  /** It is being emptied before it leaves: nothing is placed at it. */
  readonly draining: boolean;
}

export interface PlacedNodeRecord extends NodeRef, AttributesRecord {
  readonly shouldHold: boolean;
  readonly required: boolean;
}

export interface ExplainAnswer {
  readonly key: string;
  readonly version: string;
  readonly by: "copies" | "policy" | "default";
  readonly policy: PolicyRecord;
  readonly nodes: readonly PlacedNodeRecord[];
}
