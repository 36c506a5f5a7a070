import type { DiskFiles } from "@gstore/cas/internals";
import type { Clock, Random } from "@gstore/core";
import {
  closeParts,
  type GstoreNode,
  InlineSealer,
  Invites,
  type Logger,
  Members,
  Node,
  NodeEventHub,
  type NodeMakings,
  type NodeParts,
  openParts,
  Sightings,
} from "@gstore/server/internals";
import { openSimulatedStore } from "../disk/open-disk.ts";
import { SimulatedFiles } from "../disk/simulated-files.ts";
import { ObservedDisk } from "../history/observed-disk.ts";
import { observeHandlers, observeNetwork } from "../history/observed-network.ts";
import { SimulatedNetwork } from "../network/simulated-network.ts";
import { NodeClock } from "../time/node-clock.ts";
import type { Life } from "./life.ts";
import { fileOfFolder, readIncarnation, renewIncarnation } from "./node-folder.ts";
import type { SimulatedNode } from "./simulated-node.ts";
import { upkeepOf } from "./upkeep.ts";
import type { World } from "./world.ts";

/** A node's process while it runs. */
export interface RunningNode {
  readonly life: Life;
  /** Simulated milliseconds at its start. */
  readonly startedMs: number;
  readonly clock: Clock;
  readonly disk: ObservedDisk;
  readonly members: Members;
  readonly network: SimulatedNetwork;
  readonly node: GstoreNode;
  /** Its insides, to look at counters. */
  readonly parts: NodeParts;
}

/** Starts a node's process on its machine, put together from the product's parts as `createNode` does. */
export async function startNode(world: World, machine: SimulatedNode, life: Life): Promise<RunningNode> {
  const { founding, peer } = machine;
  const { name } = founding;
  const clock = new NodeClock(world.scheduler, life, machine.clockError);
  const random = world.random(`${name} life ${machine.lives}`);
  const { build } = world;
  const simulatedFiles = new SimulatedFiles(
    life,
    machine.image,
    world.random(`${name} disk ${machine.lives}`),
  );
  const files = build.files?.(simulatedFiles) ?? simulatedFiles;
  const newIncarnation = async () => {
    world.trace.note("takes a new incarnation", { nodes: [name] });
    return await renewIncarnation(files, random);
  };
  const entryLost = async (): Promise<void> => void (await newIncarnation());
  const store = await openSimulatedStore({ life, image: machine.image, files, clock, random, entryLost });
  const observed = await ObservedDisk.open(store, {
    self: peer,
    ledger: world.ledger,
    synced: (digest) => void machine.syncedBlobs.add(digest),
    stored: (version) => machine.stored(version),
    authors: (entry, disk, together) => world.checks.authored(machine, entry, { disk, together }),
    wrote: (entries, disk) => world.checks.purges.stored(machine, disk, entries),
    gaveUp: (versions) => world.checks.copies.gaveUp(machine, versions),
    expired: (versions, disk) => world.checks.copies.expired(machine, disk, versions),
    completed: (versions, disk) => world.checks.copies.completed(machine, disk, versions),
    collected: (blobs, disk) => world.checks.copies.collected(machine, disk, blobs),
  });
  const disk = build.disk?.(observed) ?? observed;
  const members = await Members.open(disk.membership, world.networkId);
  await members.add(founding.records);
  const network = new SimulatedNetwork({
    ...{ self: peer, life, clock, random, internet: world.internet },
    certificate: members.state.certificateOf(peer) ?? founding.certificate,
    bootstrap: [...machine.bootstrap],
    wrap: (handlers) => observeHandlers(world, machine, build.handlers?.(handlers) ?? handlers, observed),
  });
  const logger = loggerOf(world, name);
  const stop = new AbortController();
  const events = new NodeEventHub(logger);
  let opened: NodeParts | undefined;
  const node = new Node({
    ...{ id: peer, name, events },
    open: async () => {
      const makings: NodeMakings = {
        ...{ disk, clock, random, logger, events, stopping: stop.signal },
        ...upkeepOf(world),
        members: build.members?.(members) ?? members,
        self: await selfOf(machine, world, files, random),
        network: observeNetwork(world, machine, network, observed),
        sealer: new InlineSealer(),
        sightings: await Sightings.open({ path: null, clock }),
        invites: await Invites.open(fileOfFolder(files, "invites.json"), clock),
        renewIncarnation: newIncarnation,
      };
      opened = await openParts(build.makings?.(makings) ?? makings);
      return opened;
    },
    close: (parts) => closeParts(parts, stop),
  });
  await node.start();
  const startedMs = world.scheduler.now;
  return { life, startedMs, clock, disk: observed, members, network, node, parts: opened as NodeParts };
}

async function selfOf(machine: SimulatedNode, world: World, files: DiskFiles, random: Random) {
  const { founding } = machine;
  const { identity, name, rootKey } = founding;
  const incarnation = machine.isOnCopy
    ? await renewIncarnation(files, random)
    : await readIncarnation(files, random);
  machine.isOnCopy = false;
  return { identity, networkId: world.networkId, rootKey, name, incarnation };
}

function loggerOf(world: World, name: string): Logger {
  const note = (level: string) => (fields: object, message: string) => {
    world.trace.note(`${level}: ${message} ${textOf(fields)}`, { nodes: [name] });
  };
  return { debug: () => {}, info: () => {}, warn: note("warning"), error: note("error") };
}

/** Without what differs from run to run: stacks name files. */
function textOf(fields: object): string {
  return JSON.stringify(fields, (_, value: unknown) => (value instanceof Error ? String(value) : value));
}
