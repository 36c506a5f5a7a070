import type { NodeRef } from "./wire-types.ts";

/** What a member has said about a purge. */
export interface MemberPurgeRecord extends NodeRef {
  /** `destroyed`: it has signed that it has. `pending`: it is connected and has not. `away`: it does when it is back. */
  readonly state: "destroyed" | "pending" | "away";
}

/** What became of a purge. */
export interface PurgeRecord {
  readonly key: string;
  /** The entry that purges. */
  readonly version: string;
  /** Of the versions that it covers those whose metadata is destroyed on the node that answers. */
  readonly versions: number;
  /** Those written before gstore could purge, whose metadata can't be destroyed. */
  readonly oldVersions: number;
  /** Every member, the node that answers too. */
  readonly members: readonly MemberPurgeRecord[];
}
