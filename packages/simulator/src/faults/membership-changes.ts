import type { Role } from "@gstore/core";
import { isGstoreError } from "@gstore/core";
import type { GstoreNode } from "@gstore/server/internals";
import { joinNetwork } from "../world/network-founding.ts";
import type { SimulatedNode } from "../world/simulated-node.ts";
import type { RunningNode } from "../world/start-node.ts";
import type { World } from "../world/world.ts";
import { clockErrorBy } from "./clock-errors.ts";
import { type Fault, pick } from "./fault.ts";
import { startAgain } from "./process-faults.ts";

/** Nodes of a network at most: a run's cost grows with their square. */
const NODES_MAX = 7;
/** Members that are never lost, so that what is asked at the end can be asked of somebody. */
const PRESENT_MIN = 3;
/** A node that left is turned off so long after. */
const LAST_WORDS_MS = 10_000;

/** An admin invites a new node, which joins and starts. */
export const join: Fault = {
  name: "join",
  weight: 2,
  begin: (world, random) => {
    const issuer = pick(random, admins(world));
    if (issuer === undefined || world.nodes.size >= NODES_MAX) return null;
    const role = pick(random, ["writer", "writer", "admin", "reader", "vault"] as const) as Role;
    const name = world.newName();
    world.trace.note(`invites ${name} as ${role}`, { nodes: [issuer.name] });
    const life = issuer.running?.life;
    const joined = joinNetwork(world, issuer, { name, role, clockError: clockErrorBy(random) });
    world
      .undertake(joined, () => life?.isOver ?? true)
      .then(
        (node) => startAgain(world, node),
        (error: unknown) => {
          if (!isGstoreError(error)) throw error;
          world.trace.note(`could not join: ${error.code}`, { nodes: [name] });
        },
      );
    return null;
  },
};

/** An admin removes another member, which goes on for a while without knowing. */
export const removal: Fault = {
  name: "removal",
  weight: 1,
  begin: (world, random) => {
    const admin = pick(random, admins(world));
    const target = pick(random, expendable(world, admin));
    if (admin?.running == null || target === undefined) return null;
    target.isLeaving = true;
    world.trace.note(`removes ${target.name}`, { nodes: [admin.name] });
    undertaken(world, admin, (node) => node.removeMember(target.name)).then(
      () => turnOffLater(world, target),
      (error: unknown) => {
        target.isLeaving = false;
        world.trace.note(`could not remove: ${String(error)}`, { nodes: [admin.name] });
      },
    );
    return null;
  },
};

/** A member leaves by its own word. */
export const leave: Fault = {
  name: "leave",
  weight: 1,
  begin: (world, random) => {
    const node = pick(random, expendable(world, undefined));
    if (node?.running == null) return null;
    node.isLeaving = true;
    world.trace.note("leaves", { nodes: [node.name] });
    undertaken(world, node, (running) => running.leave()).then(
      () => turnOffLater(world, node),
      (error: unknown) => {
        node.isLeaving = false;
        world.trace.note(`could not leave: ${String(error)}`, { nodes: [node.name] });
      },
    );
    return null;
  },
};

/** A machine burns down, with its disk. */
export const machineLost: Fault = {
  name: "machine lost",
  weight: 1,
  begin: (world, random) => {
    const node = pick(random, expendable(world, undefined));
    if (node === undefined) return null;
    world.trace.note("burns down", { nodes: [node.name] });
    node.go({ withPower: true });
    return null;
  },
};

export function admins(world: World): SimulatedNode[] {
  return world.running().filter(({ peer, running }) => running?.parts.members.get(peer)?.role === "admin");
}

/** Members that may go: the first node stays, and enough others. */
function expendable(world: World, not: SimulatedNode | undefined): SimulatedNode[] {
  const staying = [...world.nodes.values()].filter(({ isGone, isLeaving }) => !isGone && !isLeaving);
  if (staying.length <= PRESENT_MIN) return [];
  return staying.filter((node) => node !== not && node.founding.rootKey === null);
}

export function undertaken<T>(
  world: World,
  { running }: SimulatedNode,
  change: (node: GstoreNode) => Promise<T>,
): Promise<T> {
  const { node, life } = running as RunningNode;
  return world.undertake(change(node), () => life.isOver);
}

function turnOffLater(world: World, node: SimulatedNode): void {
  world.scheduler.schedule(LAST_WORDS_MS, () => {
    node.go({ withPower: false });
    world.trace.note("is turned off for good", { nodes: [node.name] });
  });
}
