import type { NodeRef } from "./wire-types.ts";

/** What the HTTP API sends about where copies are (docs/spec/http.md, "Copies"). */

/** What one member is to a version. */
export interface MemberCopyRecord extends NodeRef {
  readonly state: "holds" | "lacks" | "silent" | "away" | "excluded";
  /** How it was shown where it holds it; else null. */
  readonly proof: "here" | "connected" | "receipt" | null;
  /** Whether it is among those that should hold it. */
  readonly placed: boolean;
  /** When the answering node last had a connection to it: now, where there is one. Null where there never was. */
  readonly lastSeen: string | null;
}

/** Where the copies of one version are. */
export interface WhereisAnswer {
  readonly key: string;
  readonly version: string;
  readonly size: number;
  readonly copies: number;
  readonly wanted: number;
  readonly min: number;
  readonly members: readonly MemberCopyRecord[];
}
