import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

const MIB = 2 ** 20;
/**
 * Bytes that V8 may fill with new objects before it looks which of them are still in use. With 1 MiB, what V8 begins with,
 * 10,000 puts cost 1.2 s more of CPU, and more memory, since more is taken for long-lived; with 16 MiB, what it would grow
 * to by itself, a node that puts many small files has 50 to 130 MiB of memory more.
 */
const YOUNG_BYTES = 8 * MIB;

/**
 * Keeps V8's young generation at {@link YOUNG_BYTES}: only as a command line option could its size be said outright, so its
 * growth is steered instead. V8 shrinks it in a node that was idle; then it grows anew. To be called before the node is made.
 */
export function steerNodeMemory(): void {
  steerGrowth();
  new PerformanceObserver(steerGrowth).observe({ entryTypes: ["gc"] });
}

function steerGrowth(): void {
  const space = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
  // It has two halves, of which one is in use. The first one is there from the beginning.
  const bytes = Math.max(MIB, (space?.space_size ?? 0) / 2);
  setFlagsFromString(`--semi-space-growth-factor=${Math.max(1, Math.floor(YOUNG_BYTES / bytes))}`);
}
