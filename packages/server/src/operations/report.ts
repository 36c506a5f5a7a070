import type { BulkLimits } from "@gstore/core";
import type { NamedNode } from "../api.ts";
import type { NodeParts } from "../node-parts.ts";
import type { NodeStatus } from "../status-api.ts";
import { gstoreVersion } from "../version.ts";

/** See `GstoreNode.status`. */
export async function nodeStatus(parts: NodeParts): Promise<NodeStatus> {
  const { network, members, disk, names, spaces, replication, scrubber } = parts;
  const { usedBytes, freeBytes } = await disk.diskUsage();
  const usage = disk.blobs.usage();
  return {
    node: { peer: network.self, name: parts.name },
    network: parts.networkId,
    role: members.get(network.self)?.role ?? null,
    version: gstoreVersion,
    startedMs: parts.startedMs,
    addresses: network.addresses(),
    members: members.count,
    connected: network.peers().length,
    draining: drainingMembers(parts),
    keys: spaces.all().reduce((sum, space) => sum + names.count(space.id), 0),
    conflicts: spaces.all().reduce((sum, space) => sum + names.conflictCount(space.id), 0),
    entries: disk.entries.count(),
    blobs: usage.blobs,
    blobBytes: usage.bytes,
    diskUsedBytes: usedBytes,
    diskFreeBytes: freeBytes,
    catchingUp: replication.catchUp.behind,
    noRoom: replication.catchUp.noRoom,
    full: parts.room.isFull,
    safety: parts.safety.last,
    clock: clockStatus(parts),
    scrub: scrubber.status(),
    repair: parts.repair.status(),
    discovery: {
      ...parts.discovery.status(),
      holders: { ...parts.holdings.status, ...replication.fetcher.holders.status },
    },
  };
}

function clockStatus({ collection, members }: NodeParts): NodeStatus["clock"] {
  const apart = collection.clocks.apart();
  return {
    historyPaused: collection.retention.pausedBy,
    apart: apart.map(({ peer, aheadMs }) => ({ peer, name: members.nameOf(peer), aheadMs })),
  };
}

function drainingMembers({ members }: NodeParts): NamedNode[] {
  const draining = members.all().filter(({ isDraining }) => isDraining);
  return draining
    .map(({ peer, name }) => ({ peer, name }))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** See `GstoreNode.setLimits`. */
export function setLimits({ network }: NodeParts, limits: Partial<BulkLimits>): BulkLimits {
  network.limitBulk({ ...network.bulkLimits(), ...limits });
  return network.bulkLimits();
}
