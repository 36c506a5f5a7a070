import { CERTIFICATE_CHAIN_MAX, type Role } from "@gstore/core";
import type { SeededRandom } from "@gstore/testing";
import { clockErrorBy } from "../faults/clock-errors.ts";
import { foundNetwork, joinNetwork } from "../world/network-founding.ts";
import type { SimulatedNode } from "../world/simulated-node.ts";
import type { World } from "../world/world.ts";
import type { Profile } from "./profile.ts";

const ROLES: readonly Role[] = ["admin", "admin", "writer", "writer", "writer", "reader", "vault"];

/** Nodes that admit each other in a row, at most: the certificates of all of them have to fit the last one's. */
const CHAIN_MAX: number = CERTIFICATE_CHAIN_MAX;

/** Makes the network that a run begins with: resolves when its nodes run. */
export async function buildUp(world: World, profile: Profile, random: SeededRandom): Promise<void> {
  const first = foundNetwork(world, world.newName(), clockErrorBy(random));
  await first.start();
  if (profile.policy !== null) await first.running?.node.setPolicy("", profile.policy);
  let issuer = first;
  while (world.nodes.size < profile.nodes) {
    // In a chain each node is admitted by the one before, which has to be an admin.
    const isChain = profile.topology === "chain";
    const role = isChain ? "admin" : (ROLES[random.below(ROLES.length)] as Role);
    const name = world.newName();
    world.trace.note(`joins as ${role}`, { nodes: [name] });
    const clockError = clockErrorBy(random);
    const node = await joinNetwork(world, issuer, { name, role, clockError });
    if (profile.topology === "mesh") connectToAll(world, node);
    await node.start();
    // The keys come once the node is known: a moment later it can be read and written.
    await world.scheduler.sleep(500);
    if (isChain && world.nodes.size < CHAIN_MAX) issuer = node;
  }
}

function connectToAll(world: World, node: SimulatedNode): void {
  for (const other of world.nodes.values()) if (other !== node) node.bootstrap.add(other.host.address);
}
