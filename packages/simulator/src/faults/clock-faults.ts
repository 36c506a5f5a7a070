import { type Fault, pick, presentNodes } from "./fault.ts";

const HOUR_MS = 3_600_000;

/** A wall clock is set, by up to two days, forwards or back. */
export const clockJump: Fault = {
  name: "clock jump",
  weight: 2,
  begin: (world, random) => {
    const node = pick(random, presentNodes(world));
    if (node === undefined) return null;
    const hours = random.below(97) - 48;
    node.clockError.offsetMs += hours * HOUR_MS;
    node.clockSetMs = world.scheduler.now;
    world.trace.note(`its clock jumps by ${hours} h`, { nodes: [node.name] });
    return null;
  },
};
