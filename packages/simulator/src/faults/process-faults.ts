import type { SimulatedNode } from "../world/simulated-node.ts";
import type { World } from "../world/world.ts";
import { type Fault, pick } from "./fault.ts";

const START_RETRY_MS = 3000;

/** The process is killed and started again. */
export const kill: Fault = crashFault("kill", { withPower: false });

/** The machine loses power: what was not synced is lost, whole or in part. */
export const powerCut: Fault = crashFault("power cut", { withPower: true });

/** The node is stopped in order and started again. */
export const restart: Fault = {
  name: "restart",
  weight: 2,
  begin: (world, random) => {
    const node = pick(random, world.running());
    if (node === undefined) return null;
    void node.stop();
    return () => startAgain(world, node);
  },
};

/** The index and the names are gone at the next start: they are made anew from the packs. */
export const indexLost: Fault = {
  name: "index lost",
  weight: 1,
  begin: (world, random) => {
    const node = pick(random, world.running());
    if (node === undefined) return null;
    node.crash({ withPower: true });
    node.image.databases.clear();
    world.trace.note("its index is lost", { nodes: [node.name] });
    return () => startAgain(world, node);
  },
};

/** Starts a node; where that fails, tries again until it succeeds or the machine is gone. */
export function startAgain(world: World, node: SimulatedNode): void {
  const later = (): void => void world.scheduler.schedule(START_RETRY_MS, () => startAgain(world, node));
  if (node.isStopping) later();
  else if (!node.isUp && !node.isGone) node.start().catch(later);
}

function crashFault(name: string, how: { withPower: boolean }): Fault {
  return {
    name,
    weight: 3,
    begin: (world, random) => {
      const up = [...world.nodes.values()].filter(({ isUp }) => isUp);
      const node = pick(random, up);
      if (node === undefined) return null;
      node.crash(how);
      return () => startAgain(world, node);
    },
  };
}
