import type { Clock, Entry, PeerId } from "@gstore/core";
import type { Placement } from "../placement/placement.ts";
import type { HeldVersions } from "../replication/held-versions.ts";
import type { Absences } from "./absences.ts";
import type { Distrust } from "./distrust.ts";
import type { RepairOptions } from "./repair-api.ts";
import type { ShortVersion } from "./short-versions.ts";

export interface AssessmentOptions {
  readonly self: PeerId;
  readonly placement: Placement;
  readonly absences: Pick<Absences, "sinceMs">;
  /** Who was heard to hold a version, and who could not prove that. */
  readonly held: Pick<HeldVersions, "holders">;
  readonly distrust: Pick<Distrust, "has">;
  readonly clock: Clock;
  readonly times: Pick<RepairOptions, "belowMinAfterMs" | "belowCopiesAfterMs">;
  /** A holder begins so much (ms) later than the one that ranks before it. */
  readonly takeOverMs: number;
}

/**
 * What follows for a version from who holds it, of those that can be reached; null where it has enough copies. All its
 * holders find the same, but for when each came to know of it: the one that ranks first begins, the next if nothing came of it.
 */
export function assess(
  options: AssessmentOptions,
  entry: Entry,
  {
    others,
    known,
    isLost = false,
  }: {
    /** Without this node. */
    readonly others: readonly PeerId[];
    readonly known: ShortVersion | undefined;
    /** A copy that was counted has just proved to be none. */
    readonly isLost?: boolean;
  },
): ShortVersion | null {
  const { id, body } = entry;
  const { self, placement, clock, times, takeOverMs } = options;
  const { copies: wanted, min } = placement.wanted(body);
  // One at a member that is being drained goes with it.
  const live = new Set([...others, self].filter((peer) => placement.counts(peer, body)));
  if (live.size >= wanted) return null;
  const nowMs = clock.now();
  const ranked = placement.ranked(body);
  const turn = ranked.filter((peer) => live.has(peer)).indexOf(self);
  const writtenMs = Math.min(nowMs, body.time.wallMs);
  const began = (needed: number): number => {
    const sinceMs = absentSinceMs(options, entry, live, needed);
    return Math.max(writtenMs, sinceMs ?? nowMs);
  };
  const isBelowMin = live.size < min;
  const belowMinSinceMs = isBelowMin ? (known?.belowMinSinceMs ?? began(min - live.size)) : null;
  const belowCopiesSinceMs = known?.belowCopiesSinceMs ?? began(wanted - live.size);
  const ripeMs = Math.min(
    belowMinSinceMs === null ? Number.POSITIVE_INFINITY : belowMinSinceMs + times.belowMinAfterMs,
    belowCopiesSinceMs + times.belowCopiesAfterMs,
  );
  const lostSinceMs = known?.lostSinceMs ?? (isLost ? nowMs : null);
  const dueMs = Math.min(ripeMs, lostSinceMs ?? Number.POSITIVE_INFINITY);
  return {
    ...{ version: id, copies: live.size, belowMinSinceMs, belowCopiesSinceMs, lostSinceMs },
    dueMs: dueMs + Math.max(0, turn) * takeOverMs,
    isStuck: false,
  };
}

/**
 * Since when a version lacks so many copies if those that should hold it or were heard to hold it, and are away, do hold it:
 * since the last of them went without whom it has too few. Undefined where their absence does not explain it.
 */
function absentSinceMs(
  { placement, absences, held, distrust }: AssessmentOptions,
  { id, body }: Entry,
  live: ReadonlySet<PeerId>,
  needed: number,
): number | undefined {
  const away = [...new Set([...placement.holders(body), ...held.holders(id)])]
    .filter((peer) => !live.has(peer) && !distrust.has(peer, id))
    .map((peer) => absences.sinceMs(peer))
    .filter((sinceMs) => sinceMs !== undefined);
  return away.sort((one, other) => other - one)[needed - 1];
}
