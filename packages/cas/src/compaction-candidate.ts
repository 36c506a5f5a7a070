import {
  COMPACT_ACTIVE_BYTES_MIN,
  COMPACT_SEGMENT_DEAD_SHARE,
  COMPACT_SEGMENT_FLOOR_SHARE,
  COMPACT_STORE_DEAD_SHARE,
  SEGMENT_HEADER_BYTES,
} from "./constants.ts";
import type { StoreContext } from "./store-context.ts";

export interface Candidate {
  readonly segment: number;
  readonly size: number;
  readonly deadBytes: number;
}

/** What a compactor knows of segments besides what the index says. */
interface Known {
  /** Segments that are not tried again. */
  readonly kept: ReadonlySet<number>;
  /** Bytes of deletions by segment that are in use. */
  readonly neededDeletions: ReadonlyMap<number, number>;
}

/** The segment most worth compacting. Those whose compaction a crash interrupted come first: deletions rely on that. */
export async function nextCandidate(
  context: StoreContext,
  { kept, neededDeletions }: Known,
): Promise<Candidate | undefined> {
  const { files, log, tables } = context;
  const { segments } = tables;
  const all: Candidate[] = [];
  for (const segment of await files.numbers()) {
    const isActive = segment === log.activeSegment;
    const size = isActive ? log.position.offset : await files.disk.size(files.path(segment)).catch(() => 0);
    const usedBytes = segments.liveBytes(segment) + (neededDeletions.get(segment) ?? 0);
    const deadBytes = Math.max(0, size - SEGMENT_HEADER_BYTES - usedBytes);
    all.push({ segment, size, deadBytes });
  }
  const usable = all.filter(
    ({ segment, size }) => !kept.has(segment) && isUsable(context, { segment, size }),
  );
  const interrupted = usable.find(({ segment }) => segments.isEmptying(segment));
  if (interrupted) return interrupted;
  const share = ({ deadBytes, size }: Candidate): number => deadBytes / Math.max(1, size);
  const worst = usable.toSorted((left, right) => share(right) - share(left))[0];
  if (worst === undefined) return undefined;
  const total = all.reduce((sum, { size }) => sum + size, 0);
  const dead = all.reduce((sum, { deadBytes }) => sum + deadBytes, 0);
  const isWorthIt =
    share(worst) >= COMPACT_SEGMENT_DEAD_SHARE ||
    (dead >= total * COMPACT_STORE_DEAD_SHARE && share(worst) >= COMPACT_SEGMENT_FLOOR_SHARE);
  return isWorthIt && worst.deadBytes > 0 ? worst : undefined;
}

function isUsable({ log }: StoreContext, { segment, size }: Pick<Candidate, "segment" | "size">): boolean {
  return segment !== log.activeSegment || size >= COMPACT_ACTIVE_BYTES_MIN;
}
