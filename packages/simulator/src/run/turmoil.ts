import type { SeededRandom } from "@gstore/testing";
import { type EndFault, type Fault, pick } from "../faults/fault.ts";
import { Operations } from "../workload/operations.ts";
import type { World } from "../world/world.ts";
import type { Profile } from "./profile.ts";

/** Operations and faults for a while. Resolves when it is over; gives what ends the faults that still go on. */
export async function turmoil(world: World, profile: Profile): Promise<EndFault> {
  const ends = new Set<EndFault>();
  const endsAtMs = world.scheduler.now + profile.durationMs;
  await Promise.all([
    operate(world, profile, { random: world.random("operations"), endsAtMs }),
    purge(world, profile, { random: world.random("purges"), endsAtMs }),
    disturb(world, profile, { random: world.random("faults"), endsAtMs, ends }),
  ]);
  return () => {
    for (const end of [...ends]) end();
  };
}

interface Course {
  readonly random: SeededRandom;
  readonly endsAtMs: number;
}

async function operate(world: World, profile: Profile, { random, endsAtMs }: Course): Promise<void> {
  const operations = new Operations(world, world.random("contents"));
  while (world.scheduler.now < endsAtMs) {
    await world.scheduler.sleep(gap(random, profile.operationGapMs));
    const node = pick(random, world.running());
    if (node === undefined) continue;
    const key = `key-${random.below(profile.keys)}`;
    const kind = random.below(11);
    if (kind < 5) operations.put(node, key);
    else if (kind < 6) operations.remove(node, key);
    else if (kind < 9) operations.get(node, key);
    else if (kind < 10) operations.collect(node);
    else {
      // Two writers at once, who don't know of each other's write.
      operations.put(node, key);
      const other = pick(random, world.running());
      if (other !== undefined) operations.put(other, key);
    }
  }
}

/** Apart from the rest, so that where there are no purges a seed goes as it would. */
async function purge(world: World, profile: Profile, { random, endsAtMs }: Course): Promise<void> {
  if (profile.purgeGapMs === null) return;
  const operations = new Operations(world, random);
  while (world.scheduler.now < endsAtMs) {
    await world.scheduler.sleep(gap(random, profile.purgeGapMs));
    const node = pick(random, world.running());
    if (node !== undefined) operations.purge(node, `key-${random.below(profile.keys)}`);
  }
}

async function disturb(
  world: World,
  profile: Profile,
  { random, endsAtMs, ends }: Course & { ends: Set<EndFault> },
): Promise<void> {
  while (world.scheduler.now < endsAtMs) {
    await world.scheduler.sleep(gap(random, profile.faultGapMs));
    const fault = weighted(random, profile.faults);
    const end = fault.begin(world, world.random(`fault at ${world.scheduler.now}`));
    if (end === null) continue;
    const endOnce = (): void => {
      if (ends.delete(endOnce)) end();
    };
    ends.add(endOnce);
    world.scheduler.schedule(random.below(profile.faultMs), endOnce);
  }
}

function gap(random: SeededRandom, meanMs: number): number {
  return random.below(2 * meanMs);
}

function weighted(random: SeededRandom, faults: readonly Fault[]): Fault {
  let at = random.below(faults.reduce((sum, { weight }) => sum + weight, 0));
  const found = faults.find(({ weight }) => {
    at -= weight;
    return at < 0;
  });
  return found ?? (faults[0] as Fault);
}
