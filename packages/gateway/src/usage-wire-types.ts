import type { CountedRecord, WalkProgressRecord } from "./copies-wire-types.ts";
import type { ErrorRecord, NodeRef } from "./wire-types.ts";

/** What the HTTP API sends about what is stored where (docs/spec/http.md, "Usage"). */

export interface BlobCountRecord {
  readonly blobs: number;
  readonly bytes: number;
}

export interface SpaceUsageRecord {
  readonly id: string;
  /** Null where the node can't read it. */
  readonly name: string | null;
  readonly live: CountedRecord;
  readonly history: CountedRecord;
}

export interface UsageRecord {
  readonly checked: string;
  /** All blobs of the node, and those of them that nothing kept there names. */
  readonly stored: BlobCountRecord;
  readonly garbage: BlobCountRecord;
  readonly entries: number;
  readonly disk: {
    readonly usedBytes: number;
    readonly indexBytes: number;
    readonly freeBytes: number;
  };
  readonly spaces: readonly SpaceUsageRecord[];
  /** Every member, the node itself first. */
  readonly members: readonly (NodeRef & { readonly capacityBytes: number | null })[];
}

export interface UsageProgressRecord {
  readonly done: number;
  readonly total: number;
}

/** One line of `usage`. */
export type UsageEvent =
  | ({ readonly type: "progress" } & UsageProgressRecord)
  | ({ readonly type: "report" } & UsageRecord)
  | ({ readonly type: "error" } & ErrorRecord);

export interface FolderUsageRecord {
  /** Ends in a slash; what was asked for in the report. */
  readonly prefix: string;
  readonly files: number;
  /** Of the files as they are read. */
  readonly bytes: number;
  /** Of their blobs as stored; what several have in common is counted for each. */
  readonly storedBytes: number;
  readonly olderVersions: number;
  readonly olderBytes: number;
}

export interface FolderUsageRequest {
  readonly space?: string;
  readonly prefix?: string;
  readonly depth?: number;
}

/** One line of `du`. */
export type FolderUsageEvent =
  | ({ readonly type: "progress" } & WalkProgressRecord)
  | ({ readonly type: "folder" } & FolderUsageRecord)
  | ({ readonly type: "report" } & FolderUsageRecord)
  | ({ readonly type: "error" } & ErrorRecord);
