import type { ScrubOptions, ScrubStep } from "@gstore/core";
import type { RecordPlace } from "./pack/segment-writer.ts";
import { PackCheck } from "./pack-check.ts";
import type { StoreContext } from "./store-context.ts";

/** How far a round is. Segments are numbered upwards and compaction only appends, so a place is enough. */
interface ScrubPosition extends RecordPlace {
  /** See `Stretch.seenBytes`. */
  readonly seenBytes: number;
  /** Where the log ended when the round began: what was written later was verified when it came. */
  readonly until: RecordPlace;
}

/** See `DiskStore.scrub`. */
export function scrubStep(context: StoreContext, options: ScrubOptions): Promise<ScrubStep> {
  return context.exclusively(() => scrub(context, options));
}

async function scrub(context: StoreContext, options: ScrubOptions): Promise<ScrubStep> {
  const { files, log, tables } = context.opened();
  const { bytesMax, signal } = options;
  const begun = parsePosition(options.from);
  let at = begun ?? { segment: 0, offset: 0, seenBytes: 0, until: log.position };
  const check = new PackCheck(context, { readsAhead: false, ...(signal ? { signal } : {}) });
  const numbers = await files.numbers();
  const { until } = at;
  let bytes = 0;
  let isComplete = true;
  for (const segment of numbers) {
    if (segment < at.segment || segment > until.segment) continue;
    // One that compaction has removed meanwhile was read by it.
    if (segment > at.segment) at = { segment, offset: 0, seenBytes: 0, until };
    const to = segment === until.segment ? until.offset : undefined;
    const end = await check.check({
      ...{ segment, from: at.offset, to, seenBytes: at.seenBytes },
      bytesMax: bytesMax - bytes,
    });
    bytes += end.bytes;
    const isRead = end.offset === null;
    at = isRead
      ? { segment: segment + 1, offset: 0, seenBytes: 0, until }
      : { segment, offset: end.offset ?? 0, seenBytes: end.seenBytes, until };
    isComplete = isRead;
    if (bytes >= bytesMax) break;
  }
  isComplete = isComplete && !numbers.some((segment) => segment >= at.segment && segment <= until.segment);
  if (isComplete) {
    for (const segment of tables.segments.numbers()) {
      if (segment <= until.segment && !numbers.includes(segment) && tables.segments.liveBytes(segment) > 0)
        check.missSegment(segment);
    }
  }
  return {
    ...check.finish(),
    next: isComplete ? null : formatPosition(at),
    blobs: check.blobs,
    bytes,
    bytesLeft: isComplete ? 0 : await bytesLeft(context, at, numbers),
  };
}

async function bytesLeft(
  { files }: StoreContext,
  at: ScrubPosition,
  numbers: readonly number[],
): Promise<number> {
  let sum = -at.offset;
  for (const segment of numbers) {
    if (segment < at.segment || segment > at.until.segment) continue;
    const size = await files.disk.size(files.path(segment)).catch(() => 0);
    sum += segment === at.until.segment ? Math.min(size, at.until.offset) : size;
  }
  return Math.max(0, sum);
}

function formatPosition({ segment, offset, seenBytes, until }: ScrubPosition): string {
  return [segment, offset, seenBytes, until.segment, until.offset].join(" ");
}

function parsePosition(text: string | null): ScrubPosition | undefined {
  if (text === null || !/^\d{1,15}( \d{1,15}){4}$/.test(text)) return undefined;
  const [segment = 0, offset = 0, seenBytes = 0, untilSegment = 0, untilOffset = 0] = text
    .split(" ")
    .map(Number);
  return { segment, offset, seenBytes, until: { segment: untilSegment, offset: untilOffset } };
}
