import { type CollectGarbage, heapSpace } from "./v8-heap.ts";

const MIB = 2 ** 20;
/** How often (ms) the node is looked at. */
const LOOK_MS = 20_000;
/** CPU (µs) of a node that is as good as idle, from one look to the next: 3 % of a core. */
const IDLE_CPU_MICROS = LOOK_MS * 1000 * 0.03;
/** Memory (bytes) more than after the last time that is worth a pause of 30 to 100 ms. */
const GROWN_BYTES = 8 * MIB;

/**
 * Gives back the memory that a burst of work has left behind. V8 looks for what is no longer in use when it needs room, and so
 * not at all once a node has become quiet. So a quiet node whose memory has grown has it look. The returned function ends this.
 */
export function giveBackIdleMemory(collect: CollectGarbage): () => void {
  let cpu = process.cpuUsage();
  let rested = 0;
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    if (user + system > IDLE_CPU_MICROS || heldBytes() < rested + GROWN_BYTES) return;
    collect({ thorough: true });
    rested = heldBytes();
    // The collection's own time is not the node's work.
    cpu = process.cpuUsage();
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** The young generation apart: a collection shrinks it, and it grows back by itself. */
function heldBytes(): number {
  const { heapTotal, external } = process.memoryUsage();
  return heapTotal - (heapSpace("new_space")?.space_size ?? 0) + external;
}
