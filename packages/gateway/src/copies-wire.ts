import type { PlanReport, SafetyReport, ShortVersion, Whereabouts } from "@gstore/server";
import type { PlanRecord, SafetyRecord, ShortVersionRecord, WhereisAnswer } from "./copies-wire-types.ts";
import { nodeRef, rfc3339 } from "./wire.ts";

/** Where copies are, in the form the HTTP API sends it. */

export function whereisAnswer({ members, ...rest }: Whereabouts): WhereisAnswer {
  return {
    ...rest,
    members: members.map(({ peer, name, state, proof, isPlaced, lastSeenMs }) => ({
      ...{ id: peer, name, state, proof, placed: isPlaced },
      lastSeen: timeOrNull(lastSeenMs),
    })),
  };
}

export function safetyRecord({ checkedMs, members, worst, ...rest }: SafetyReport): SafetyRecord {
  return {
    checked: rfc3339(checkedMs),
    ...rest,
    members: members.map(({ peer, name, state, lastSeenMs, lacking }) => ({
      ...{ id: peer, name, state, lastSeen: timeOrNull(lastSeenMs), lacking },
    })),
    worst: worst.map(shortVersionRecord),
  };
}

export function shortVersionRecord({ isCurrent, holders, ...rest }: ShortVersion): ShortVersionRecord {
  return { ...rest, current: isCurrent, holders: holders.map(nodeRef) };
}

export function planRecord({ checkedMs, without, members, worst, ...rest }: PlanReport): PlanRecord {
  return {
    checked: rfc3339(checkedMs),
    without: without.map(nodeRef),
    ...rest,
    members: members.map(({ peer, name, fetching }) => ({ id: peer, name, fetching })),
    worst: worst.map(shortVersionRecord),
  };
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : rfc3339(ms);
}
