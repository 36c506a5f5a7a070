import { DISK_BYTES } from "../disk/disk-image.ts";
import { startAgain } from "../faults/process-faults.ts";
import { GOOD_WAY } from "../network/way.ts";
import type { World } from "../world/world.ts";

/** Puts the world right: the network is good, the disks have room and work, every node that is left runs. */
export function heal(world: World): void {
  world.trace.note("all faults end");
  for (const way of world.internet.ways()) {
    way.quality = GOOD_WAY;
    if (way.isBlocked) way.unblock();
  }
  const present = [...world.nodes.values()].filter(({ isGone }) => !isGone);
  for (const node of present) {
    Object.assign(node.image.health, { capacityBytes: DISK_BYTES, failurePercent: 0, slowness: 1 });
    startAgain(world, node);
  }
}

/** To all: a member asks only those that it is connected to, and who knew others by nodes that are gone is alone. */
export function connectAll(world: World): void {
  const present = [...world.nodes.values()].filter(({ isGone }) => !isGone);
  for (const node of present) {
    for (const other of present) {
      if (other === node) continue;
      node.bootstrap.add(other.host.address);
      node.running?.network.keepConnected(other.host.address);
    }
  }
}
