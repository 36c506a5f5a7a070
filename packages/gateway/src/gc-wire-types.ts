import type { ErrorRecord } from "./wire-types.ts";

/** A line of `POST /v1/gc`. */
export type GcEvent =
  | {
      readonly type: "progress";
      readonly step: "marking" | "sweeping";
      readonly done: number;
      readonly total: number;
    }
  | ({ readonly type: "report" } & GcRecord)
  | ({ readonly type: "error" } & ErrorRecord);

export interface GcRecord {
  readonly dryRun: boolean;
  readonly expired: number;
  /** Why no history was given up whatever its age; null where nothing was in the way. */
  readonly historyPaused: "clock set" | "clocks apart" | null;
  readonly entries: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly leased: number;
  readonly unreadable: readonly { readonly version: string | null; readonly code: string }[];
}
