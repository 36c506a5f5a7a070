import type { EntryId } from "@gstore/core";
import type { NamedNode } from "../api.ts";

/** When and how fast copies are made again, and how often holders are audited. */
export interface RepairOptions {
  /** A version that has had fewer copies than the policy's `min` for so long (ms) gets more. Default: 30 minutes. */
  readonly belowMinAfterMs: number;
  /** One that has had fewer than wanted for so long (ms). Default: 24 hours, as laptops sleep. */
  readonly belowCopiesAfterMs: number;
  /** All that is here is looked through at least so often (ms); besides, whenever who is there changed. Default: 24 hours. */
  readonly walkEveryMs: number;
  /** Bytes of versions that are given to others a second, on the average. Default: 20 MiB. */
  readonly bytesPerSecond: number;
  /** Some versions' other holders are audited so often (ms). Default: 10 minutes. */
  readonly auditEveryMs: number;
}

const MINUTE_MS = 60_000;

export const REPAIR_DEFAULTS: RepairOptions = {
  belowMinAfterMs: 30 * MINUTE_MS,
  belowCopiesAfterMs: 24 * 60 * MINUTE_MS,
  walkEveryMs: 24 * 60 * MINUTE_MS,
  bytesPerSecond: 20 * 1024 * 1024,
  auditEveryMs: 10 * MINUTE_MS,
};

/** A holder that could not prove what it said it holds. */
export interface AuditFailure {
  readonly holder: NamedNode;
  readonly version: EntryId;
  /** `missing`: it said that a part is not there, or damaged. `wrong`: its proof was none. */
  readonly reason: "missing" | "wrong";
  readonly atMs: number;
}

/** Counts are since the node was started; times are milliseconds since 1970. */
export interface RepairStatus {
  /** When all that is here was last looked through; null before the first time. */
  readonly lastWalkMs: number | null;
  readonly isWalking: boolean;
  /** Versions here that have fewer copies than wanted among the nodes that can be reached, as far as they are remembered. */
  readonly short: number;
  /** Of these, those with fewer than `min`. */
  readonly belowMin: number;
  /** Of the short ones, those that get a copy as soon as it is their turn, and those being given now. */
  readonly queued: number;
  readonly running: number;
  readonly copiesMade: number;
  readonly bytesGiven: number;
  /** Tries to give a version that nobody took. */
  readonly failed: number;
  /** Copies given up here since others hold enough. */
  readonly surplusDropped: number;
  readonly audits: AuditStatus;
}

export interface AuditStatus {
  readonly proved: number;
  readonly failed: number;
  readonly unanswered: number;
  readonly lastMs: number | null;
  /** The last few. */
  readonly failures: readonly AuditFailure[];
}
