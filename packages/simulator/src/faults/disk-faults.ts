import type { DiskImage } from "../disk/disk-image.ts";
import { DISK_BYTES } from "../disk/disk-image.ts";
import type { SimulatedNode } from "../world/simulated-node.ts";
import type { World } from "../world/world.ts";
import { type Fault, pick, presentNodes } from "./fault.ts";
import { startAgain } from "./process-faults.ts";

const KIB = 1024;

/** Somebody else fills the disk. */
export const diskFull: Fault = {
  name: "disk full",
  weight: 2,
  begin: (world, random) => {
    const node = pick(random, presentNodes(world));
    if (node === undefined) return null;
    node.image.health.capacityBytes = node.image.usedBytes + random.below(600 * KIB);
    world.trace.note(`its disk fills up, ${node.image.freeBytes} bytes are free`, { nodes: [node.name] });
    return () => {
      node.image.health.capacityBytes = DISK_BYTES;
      world.trace.note("its disk has room again", { nodes: [node.name] });
    };
  },
};

/** Writes and syncs fail now and then. */
export const diskErrors: Fault = {
  name: "disk errors",
  weight: 2,
  begin: (world, random) => {
    const node = pick(random, presentNodes(world));
    if (node === undefined) return null;
    node.image.health.failurePercent = 5 + random.below(40);
    world.trace.note(`its disk fails in ${node.image.health.failurePercent} %`, { nodes: [node.name] });
    return () => {
      node.image.health.failurePercent = 0;
      world.trace.note("its disk is well again", { nodes: [node.name] });
    };
  },
};

export const slowDisk: Fault = {
  name: "slow disk",
  weight: 1,
  begin: (world, random) => {
    const node = pick(random, presentNodes(world));
    if (node === undefined) return null;
    node.image.health.slowness = 10 + random.below(100);
    world.trace.note("its disk becomes slow", { nodes: [node.name] });
    return () => {
      node.image.health.slowness = 1;
      world.trace.note("its disk is fast again", { nodes: [node.name] });
    };
  },
};

/** A byte of a pack changes where it lies. */
export const bitRot: Fault = {
  name: "bit rot",
  weight: 1,
  begin: (world, random) => {
    const node = pick(random, presentNodes(world));
    const packs = node?.image.paths().filter((path) => path.includes("/packs/")) ?? [];
    const path = pick(random, packs);
    const file = path === undefined ? undefined : node?.image.file(path);
    if (node === undefined || file === undefined || file.length === 0) return null;
    const position = random.below(file.length);
    file.damage(position);
    node.hasRotted = true;
    noteLoss(world, node, { keptUntilMs: 0 });
    world.trace.note(`byte ${position} of ${path} rots`, { nodes: [node.name] });
    return null;
  },
};

/** A backup of a node's disk comes back: what it wrote since is gone, and it does not know. */
export const oldDisk: Fault = {
  name: "old disk",
  weight: 1,
  begin: (world, random) => {
    const node = pick(random, world.running());
    if (node === undefined) return null;
    const backup: DiskImage = node.image.crashed(random);
    const isCopy = random.below(2) === 0;
    const takenAtMs = world.scheduler.now;
    const how = isCopy ? "its folder is copied" : "a snapshot of its disk is taken";
    world.trace.note(how, { nodes: [node.name] });
    return () => {
      if (node.isGone) return;
      node.crash({ withPower: true });
      Object.assign(backup.health, node.image.health);
      node.image = backup;
      node.syncedBlobs.clear();
      node.isOnCopy = isCopy;
      node.isBehindItself = !isCopy;
      noteLoss(world, node, { keptUntilMs: takenAtMs });
      world.trace.note(
        isCopy ? "the copy of its folder is put back" : "its disk is set back to the snapshot",
        { nodes: [node.name] },
      );
      startAgain(world, node);
    };
  },
};

function noteLoss(world: World, node: SimulatedNode, { keptUntilMs }: { keptUntilMs: number }): void {
  node.losses.push({ atMs: world.scheduler.now, keptUntilMs });
  world.checks.reads.forget(node);
}
