import type { CountedRecord, WalkProgressRecord } from "./copies-wire-types.ts";
import type { ErrorRecord } from "./wire-types.ts";

/** What the HTTP API sends about pins (docs/spec/http.md, "Pins"). */

export interface PinRecord {
  /** Null where the node has no keys of it any more. */
  readonly space: string | null;
  /** A key, or what the keys begin with; null where the node can't read it any more. */
  readonly prefix: string | null;
  /** Whether it is for that key alone. */
  readonly key: boolean;
}

export interface PinReportRecord {
  readonly pin: PinRecord;
  readonly all: CountedRecord;
  readonly fetched: CountedRecord;
  /** What nobody who could be reached has; it is fetched once that changes. */
  readonly missing: CountedRecord;
  readonly missingKeys: readonly string[];
}

export interface DropReportRecord {
  readonly unpinned: readonly PinRecord[];
  readonly dropped: CountedRecord;
  /** What stays: the policy wants it there, a wider pin does, or the others have not shown that they hold enough. */
  readonly placed: CountedRecord;
  readonly pinned: CountedRecord;
  readonly needed: CountedRecord;
}

/** One line of pinning. */
export type PinEvent =
  | ({ readonly type: "progress" } & WalkProgressRecord)
  | ({ readonly type: "report" } & PinReportRecord)
  | ({ readonly type: "error" } & ErrorRecord);

/** One line of dropping. */
export type DropEvent =
  | ({ readonly type: "progress" } & WalkProgressRecord)
  | ({ readonly type: "report" } & DropReportRecord)
  | ({ readonly type: "error" } & ErrorRecord);
