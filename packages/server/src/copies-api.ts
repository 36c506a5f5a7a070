import type { EntryId } from "@gstore/core";
import type { NamedNode } from "./api.ts";

/**
 * What a member is to a version. `holds`: all of it is there, synced. `lacks`: it says that it does not hold it. `silent`:
 * connected, and did not answer. `away`: not connected, and no receipt of it came. `excluded`: it may not hold the space.
 */
export type CopyState = "holds" | "lacks" | "silent" | "away" | "excluded";

export interface MemberCopy extends NamedNode {
  readonly state: CopyState;
  /** How it was shown where it holds it: it is this node, it was asked, or it signed a receipt that others brought. Else null. */
  readonly proof: "here" | "connected" | "receipt" | null;
  /** Whether it is among those that should hold it. */
  readonly isPlaced: boolean;
  /** When this node last had a connection to it (ms since 1970): now, where there is one. Null where there never was. */
  readonly lastSeenMs: number | null;
}

/** Where the copies of one version are, as far as could be proved now. */
export interface Whereabouts {
  readonly key: string;
  readonly version: EntryId;
  readonly size: number;
  /** Members that hold it now. */
  readonly copies: number;
  /** As many as there should be, and below which it is in danger. */
  readonly wanted: number;
  readonly min: number;
  /** Every member: those that hold it first, then those that should, each in order of name. */
  readonly members: readonly MemberCopy[];
}

export interface WhereisOptions {
  /** Default: `main`. */
  readonly space?: string;
  /** Another version than the current one. */
  readonly version?: string;
  readonly signal?: AbortSignal;
}

/** The part of a node that is about where copies are. */
export interface CopiesOperations {
  /**
   * Asks all members where a version is: those that are connected directly, the others by receipts that these bring. Takes
   * at most some ten seconds, however many do not answer. Rejects as `stat` does.
   */
  whereis(key: string, options?: WhereisOptions): Promise<Whereabouts>;
}
