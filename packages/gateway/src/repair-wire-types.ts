import type { NodeRef } from "./wire-types.ts";

/** What `GET /v1/status` says of repair and audits (docs/spec/http.md, "The node and the others"). */

export interface AuditFailureRecord extends NodeRef {
  readonly version: string;
  readonly reason: "missing" | "wrong";
  readonly at: string;
}

/** Counts since the node was started. */
export interface RepairRecord {
  readonly lastWalk: string | null;
  readonly walking: boolean;
  readonly short: number;
  readonly belowMin: number;
  readonly queued: number;
  readonly running: number;
  readonly copiesMade: number;
  readonly bytesGiven: number;
  readonly failed: number;
  readonly surplusDropped: number;
  readonly audits: {
    readonly proved: number;
    readonly failed: number;
    readonly unanswered: number;
    readonly last: string | null;
    readonly failures: readonly AuditFailureRecord[];
  };
}
