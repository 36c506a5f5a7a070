import type { SeededRandom } from "@gstore/testing";
import type { SimulatedNode } from "../world/simulated-node.ts";
import type { World } from "../world/world.ts";

/** Ends a fault that lasts. */
export type EndFault = () => void;

/** Something that goes wrong in the world. Each seed has some of them. */
export interface Fault {
  readonly name: string;
  /** How often it comes, compared with the others of a seed. */
  readonly weight: number;
  /** Begins it; gives how it ends, or null where it is over at once or can't come now. */
  readonly begin: (world: World, random: SeededRandom) => EndFault | null;
}

/** One of them by chance. */
export function pick<T>(random: SeededRandom, from: readonly T[]): T | undefined {
  return from.length === 0 ? undefined : from[random.below(from.length)];
}

/** Two different nodes that are not gone. */
export function pickTwo(world: World, random: SeededRandom): [SimulatedNode, SimulatedNode] | undefined {
  const nodes = presentNodes(world);
  const one = pick(random, nodes);
  const two = pick(
    random,
    nodes.filter((node) => node !== one),
  );
  return one && two && [one, two];
}

export function presentNodes(world: World): SimulatedNode[] {
  return [...world.nodes.values()].filter(({ isGone }) => !isGone);
}
