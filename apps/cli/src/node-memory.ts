import { constants, PerformanceObserver } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { type CollectGarbage, heapSpace } from "./v8-heap.ts";

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
 * Bytes of long-lived objects, or this part of what was found to be in use, that come on top before V8 looks which of them still
 * are. By itself it lets them become 60 MiB and more, and as much again of buffers that hang on them; a node that puts many small
 * files then has 90 MiB more, and does not get rid of the holes afterwards. CPU is the same within what can be measured.
 */
const OLD_GROWTH_BYTES = 12 * MIB;
const OLD_GROWTH_PART = 0.5;

/**
 * Gives V8's young generation {@link YOUNG_BYTES}, and no more, and has the old one looked through early. The size of the young
 * one could be said outright only on the command line; but by which factor it grows may be said at any time. V8 shrinks it
 * in a node that is idle for long; then it grows anew. To be called before the node is made. The returned function ends it.
 */
export function sizeNodeMemory(collect: CollectGarbage): () => void {
  growYoung();
  let oldMax = OLD_GROWTH_BYTES + usedBytes("old_space");
  const observer = new PerformanceObserver((list) => {
    if (youngBytes() < YOUNG_BYTES) growYoung();
    const old = usedBytes("old_space");
    const wasMajor = list.getEntries().some((entry) => kindOf(entry) === constants.NODE_PERFORMANCE_GC_MAJOR);
    if (wasMajor) oldMax = old + Math.max(OLD_GROWTH_BYTES, old * OLD_GROWTH_PART);
    else if (old > oldMax) collect();
  });
  observer.observe({ entryTypes: ["gc"] });
  return () => observer.disconnect();
}

function kindOf(entry: object): number | undefined {
  return (entry as { detail?: { kind?: number } }).detail?.kind;
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
  return Math.max(MIB, (heapSpace("new_space")?.space_size ?? 0) / 2);
}

function usedBytes(name: string): number {
  return heapSpace(name)?.space_used_size ?? 0;
}
