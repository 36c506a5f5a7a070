import type { ErrorRecord, NodeRef } from "./wire-types.ts";

/** What the HTTP API sends about where copies are (docs/spec/http.md, "Copies"). */

/** What one member is to a version. */
export interface MemberCopyRecord extends NodeRef {
  readonly state: "holds" | "lacks" | "full" | "silent" | "away" | "excluded";
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

/** Versions, and the bytes of their blobs as stored. */
export interface CountedRecord {
  readonly versions: number;
  readonly bytes: number;
}

/** How many versions have how many copies. The later ones are each among those before. */
export interface CopyCountsRecord {
  readonly all: CountedRecord;
  readonly belowCopies: CountedRecord;
  readonly belowMin: CountedRecord;
  /** With one copy or none. */
  readonly single: CountedRecord;
  readonly none: CountedRecord;
  /** Nodes of which any may be lost with no version lost. Null without versions. */
  readonly mayLose: number | null;
}

/** A version with fewer copies than wanted. */
export interface ShortVersionRecord {
  readonly version: string;
  /** Names; null on a vault. */
  readonly space: string | null;
  readonly key: string | null;
  /** False where it is kept as history. */
  readonly current: boolean;
  readonly bytes: number;
  readonly copies: number;
  readonly wanted: number;
  readonly min: number;
  readonly holders: readonly NodeRef[];
}

/** A member that should hold versions that are short, and was not shown to. */
export interface MemberLackRecord extends NodeRef {
  readonly state: "lacks" | "full" | "silent" | "away";
  readonly lastSeen: string | null;
  readonly lacking: CountedRecord;
}

/** What `safe` found when it last looked at everything. */
export interface SafetySummaryRecord {
  readonly checked: string;
  readonly current: CopyCountsRecord;
}

export interface SafetyRecord {
  /** When it was begun. */
  readonly checked: string;
  readonly current: CopyCountsRecord;
  /** Versions that are kept as history. */
  readonly older: CopyCountsRecord;
  readonly members: readonly MemberLackRecord[];
  readonly worst: readonly ShortVersionRecord[];
  /** Short versions about which members out of sight were not asked any more. */
  readonly unasked: number;
}

/** Which versions are looked at. */
export interface WalkRequest {
  /** Default: all spaces that the node can read. */
  readonly space?: string;
  readonly prefix?: string;
}

/** `all` has each short version told. */
export type SafeRequest = WalkRequest & { readonly all?: boolean };

export interface WalkProgressRecord {
  readonly keys: number;
  readonly keysTotal: number | null;
}

/** One line of `safe`: progress and, where asked for, short versions; then a report or an error. */
export type SafeEvent =
  | ({ readonly type: "progress" } & WalkProgressRecord)
  | ({ readonly type: "short" } & ShortVersionRecord)
  | ({ readonly type: "report" } & SafetyRecord)
  | ({ readonly type: "error" } & ErrorRecord);

export interface PlannedCountsRecord {
  readonly before: CopyCountsRecord;
  readonly after: CopyCountsRecord;
  /** Of which all copies would be gone. */
  readonly lost: CountedRecord;
}

export interface PlanRecord {
  readonly checked: string;
  readonly without: readonly NodeRef[];
  readonly current: PlannedCountsRecord;
  readonly older: PlannedCountsRecord;
  /** What the others would have to fetch, at most. */
  readonly members: readonly (NodeRef & { readonly fetching: CountedRecord })[];
  /** Versions of which fewer copies than now would be wanted: too few members would be left that may hold them. */
  readonly fewerWanted: CountedRecord;
  readonly worst: readonly ShortVersionRecord[];
  readonly unasked: number;
}

export type PlanRequest = WalkRequest & { readonly without: readonly string[] };

/** One line of `plan`. */
export type PlanEvent =
  | ({ readonly type: "progress" } & WalkProgressRecord)
  | ({ readonly type: "report" } & PlanRecord)
  | ({ readonly type: "error" } & ErrorRecord);

/** How a draining ended; the node is the one that was drained. */
export interface DrainRecord extends NodeRef {
  /** Versions of files that it holds, older ones included. */
  readonly held: CountedRecord;
  /** Those of them of which others made copies. */
  readonly handedOver: CountedRecord;
  /** Those of which the others have fewer copies than would be wanted without the node. */
  readonly short: CountedRecord;
  /** Names of the first few of these. */
  readonly shortKeys: readonly { readonly space: string; readonly key: string }[];
}

/** One line of draining. */
export type DrainEvent =
  | {
      readonly type: "progress";
      readonly versions: number;
      readonly versionsTotal: number;
      readonly bytes: number;
    }
  | ({ readonly type: "report" } & DrainRecord)
  | ({ readonly type: "error" } & ErrorRecord);
