import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

const MIB = 2 ** 20;
/**
 * Bytes that V8 may fill with new objects before it looks which of them are still in use. With 1 MiB, what V8 begins with,
 * 10,000 puts cost 1 s more of CPU, and more memory, since more is taken for long-lived; with 16 or 32 MiB, what it would
 * grow to by itself, a node that puts many small files has 50 to 130 MiB more.
 */
const YOUNG_BYTES = 8 * MIB;
/** At most so much is made for V8 to see that it needs the room. */
const PUSHES_MAX = 1024;

/**
 * Gives V8's young generation {@link YOUNG_BYTES}, and no more. Its size could be said outright only on the command line;
 * but by which factor it grows may be said at any time. V8 shrinks it in a node that is idle for long; then it grows anew.
 * To be called before the node is made.
 */
export function sizeNodeMemory(): void {
  growYoung();
  new PerformanceObserver(() => {
    if (youngBytes() < YOUNG_BYTES) growYoung();
  }).observe({ entryTypes: ["gc"] });
}

/** In one turn: V8 would go on growing it by the same factor. */
function growYoung(): void {
  setFlagsFromString(`--semi-space-growth-factor=${Math.max(1, Math.floor(YOUNG_BYTES / youngBytes()))}`);
  const used: unknown[] = [];
  for (let push = 0; push < PUSHES_MAX && youngBytes() < YOUNG_BYTES; push++)
    used.push(new Array(1024).fill(push));
  setFlagsFromString("--semi-space-growth-factor=1");
}

/** It has two halves, of which one is in use. The first one is there from the beginning. */
function youngBytes(): number {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
  return Math.max(MIB, (space?.space_size ?? 0) / 2);
}
