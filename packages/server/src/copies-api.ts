import type { EntryId } from "@gstore/core";
import type { KeyInSpace, NamedNode } from "./api.ts";

/**
 * What a member is to a version. `holds`: all of it is there, synced. `lacks`: it says that it does not hold it. `full`: the same
 * of one that had no room for a copy, as far as this node has heard within the last minutes. `silent`: connected, and did not
 * answer. `away`: not connected, and no receipt of it came. `excluded`: it may not hold the space.
 */
export type CopyState = "holds" | "lacks" | "full" | "silent" | "away" | "excluded";

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

/** Versions, and the bytes of their blobs as stored; blobs that several versions share are counted for each. */
export interface Counted {
  readonly versions: number;
  readonly bytes: number;
}

/** How many versions have how many copies, as far as could be proved. The later ones are each among those before. */
export interface CopyCounts {
  readonly all: Counted;
  /** With fewer copies than wanted. */
  readonly belowCopies: Counted;
  /** With fewer than they must have. */
  readonly belowMin: Counted;
  /** With one copy or none. */
  readonly single: Counted;
  /** Of which no reachable member holds all. */
  readonly none: Counted;
  /** Nodes of which any may be lost with no version lost: the smallest number of holders, less one. Null without versions. */
  readonly mayLose: number | null;
}

/** A member that should hold versions that are short, and was not shown to. */
export interface MemberLack extends NamedNode {
  readonly state: Exclude<CopyState, "holds" | "excluded">;
  readonly lastSeenMs: number | null;
  readonly lacking: Counted;
}

/** A version with fewer copies than wanted. */
export interface ShortVersion {
  readonly version: EntryId;
  /** Names; null on a vault, which can name nothing. */
  readonly space: string | null;
  readonly key: string | null;
  /** Whether readers see it, or would if it were not for a conflict; else it is kept as history. */
  readonly isCurrent: boolean;
  readonly bytes: number;
  readonly copies: number;
  readonly wanted: number;
  readonly min: number;
  readonly holders: readonly NamedNode[];
}

export interface WalkOptions {
  /** Default: all spaces that this node can read. */
  readonly space?: string;
  /** Keys that begin with it; default: all. */
  readonly prefix?: string;
  readonly signal?: AbortSignal;
  /** Keys looked at, of so many where that is known. */
  readonly onProgress?: (progress: { readonly keys: number; readonly keysTotal: number | null }) => void;
}

export interface SafeOptions extends WalkOptions {
  /** Is told of every version with fewer copies than wanted, and waited for. */
  readonly onShort?: (version: ShortVersion) => Promise<void>;
}

export interface SafetyReport {
  /** When it was begun, milliseconds since 1970. */
  readonly checkedMs: number;
  readonly current: CopyCounts;
  /** Versions that are kept as history. */
  readonly older: CopyCounts;
  /** Why copies are missing: those that lack most first. */
  readonly members: readonly MemberLack[];
  /** A few of those with the fewest copies, fewest first. */
  readonly worst: readonly ShortVersion[];
  /** Short versions about which members out of sight were not asked any more: it had taken too long already. */
  readonly unasked: number;
}

/** What `safe` found when it last looked at everything. */
export interface SafetySummary {
  readonly checkedMs: number;
  readonly current: CopyCounts;
}

export interface PlanOptions extends WalkOptions {
  /** Ids or names of the members to do without. */
  readonly without: readonly string[];
}

/** Versions with the copies that they have, and with those that they would have at once. */
export interface PlannedCounts {
  readonly before: CopyCounts;
  readonly after: CopyCounts;
  /** Of which all copies would be gone. */
  readonly lost: Counted;
}

export interface PlanReport {
  readonly checkedMs: number;
  readonly without: readonly NamedNode[];
  readonly current: PlannedCounts;
  /** Versions that are kept as history. */
  readonly older: PlannedCounts;
  /** What the others would then have to fetch, at most: blobs that they have for other versions are counted all the same. */
  readonly members: readonly (NamedNode & { readonly fetching: Counted })[];
  /** Versions of which fewer copies than now would be wanted: too few members would be left that may hold them. */
  readonly fewerWanted: Counted;
  /** A few of those that would have the fewest copies, fewest first, with the copies that would be left. */
  readonly worst: readonly ShortVersion[];
  readonly unasked: number;
}

export interface DrainProgress {
  /** Versions known here that were looked at. */
  readonly versions: number;
  readonly versionsTotal: number;
  /** Bytes of versions that others took. */
  readonly bytes: number;
}

export interface DrainOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DrainProgress) => void;
}

export interface DrainReport {
  /** Versions of files that this node holds, older ones included. */
  readonly held: Counted;
  /** Those of them of which others made copies. */
  readonly handedOver: Counted;
  /** Those of which the others have fewer copies than would be wanted without this node. */
  readonly short: Counted;
  /** Names of the first few of these, where this node can read them. */
  readonly shortKeys: readonly KeyInSpace[];
}

/** The part of a node that is about where copies are. */
export interface CopiesOperations {
  /**
   * Asks all members where a version is: those that are connected directly, the others by receipts that these bring. Takes
   * at most some ten seconds, however many do not answer. Rejects as `stat` does.
   */
  whereis(key: string, options?: WhereisOptions): Promise<Whereabouts>;
  /**
   * Asks all members what they hold of the files below a prefix, and counts copies. Changes nothing. Memory is that of a page
   * of versions. A vault looks at all that it knows.
   */
  safe(options?: SafeOptions): Promise<SafetyReport>;
  /**
   * What would be lost, or have too few copies, if these members were gone for good, and where copies would then be made.
   * Asks as `safe` does, and changes nothing. Rejects with `NOT_A_MEMBER`.
   */
  plan(options: PlanOptions): Promise<PlanReport>;
  /**
   * Has this node left out of the placement on every node, for good or until `setAttributes` takes that back, and hands over
   * every version that it holds to the members next in rank, until as many others hold it as are wanted without this node.
   * It goes on as a member, and gives its copies up as others prove theirs: this is for before it leaves for good. May be
   * broken off and begun again: what others hold already costs a question. Rejects with `NOT_A_MEMBER`, or `TOO_LARGE` where
   * it has stated its attributes too often.
   */
  drain(options?: DrainOptions): Promise<DrainReport>;
}
