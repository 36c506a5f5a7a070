import { GstoreError, parseDuration } from "@gstore/gateway/client";
import { parseByteSize } from "./byte-size.ts";

/** The table `repair` of a config file. */
export interface RepairConfig {
  /** How long a version may be below its policy's `min`, or below its copies, before it gets more, such as `30m`. */
  readonly below_min?: string;
  readonly below_copies?: string;
  /** How often all that is here is looked through, and how often other holders are audited. */
  readonly walk?: string;
  readonly audit?: string;
  /** Bytes a second that repair gives to others, such as `20MB`. */
  readonly rate?: string;
}

export const REPAIR_KEYS: readonly (keyof RepairConfig)[] = [
  "below_min",
  "below_copies",
  "walk",
  "audit",
  "rate",
];

/** Times shorter than a second would keep the nodes asking each other all the time. */
const TIME_MS_MIN = 1000;

export interface RepairSettings {
  readonly belowMinAfterMs?: number;
  readonly belowCopiesAfterMs?: number;
  readonly walkEveryMs?: number;
  readonly auditEveryMs?: number;
  readonly bytesPerSecond?: number;
}

/** What the table says. Throws `INVALID_ARGUMENT`, naming what is wrong. */
export function repairSettings(config: RepairConfig = {}): RepairSettings {
  const { below_min, below_copies, walk, audit, rate } = config;
  return {
    ...(below_min === undefined ? {} : { belowMinAfterMs: timeOf("below_min", below_min) }),
    ...(below_copies === undefined ? {} : { belowCopiesAfterMs: timeOf("below_copies", below_copies) }),
    ...(walk === undefined ? {} : { walkEveryMs: timeOf("walk", walk) }),
    ...(audit === undefined ? {} : { auditEveryMs: timeOf("audit", audit) }),
    ...(rate === undefined ? {} : { bytesPerSecond: Math.max(1, parseByteSize(rate)) }),
  };
}

function timeOf(key: keyof RepairConfig, text: string): number {
  const ms = parseDuration(text);
  if (ms >= TIME_MS_MIN) return ms;
  throw new GstoreError("INVALID_ARGUMENT", `"repair.${key}" is shorter than a second, the least there is.`);
}
