import type { RepairStatus } from "@gstore/server";
import type { RepairRecord } from "./repair-wire-types.ts";

const timeOf = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

export function repairRecord({ lastWalkMs, isWalking, audits, ...counts }: RepairStatus): RepairRecord {
  const { lastMs, failures, ...auditCounts } = audits;
  return {
    ...{ lastWalk: timeOf(lastWalkMs), walking: isWalking, ...counts },
    audits: {
      ...{ ...auditCounts, last: timeOf(lastMs) },
      failures: failures.map(({ holder, version, reason, atMs }) => ({
        ...{ id: holder.peer, name: holder.name, version, reason },
        at: new Date(atMs).toISOString(),
      })),
    },
  };
}
