import { availableParallelism } from "node:os";
import { openDiskStore } from "@gstore/cas";
import type { BulkLimits } from "@gstore/core";
import {
  ADDRESSES_PER_RECORD_MAX,
  type Clock,
  type DiskStore,
  GstoreError,
  type Incarnation,
  parseNodeName,
  type Random,
  SEAL_THREADS_MAX,
  systemClock,
  systemRandom,
} from "@gstore/core";
import { createPeerNetwork, parsePeerAddress, type RelayMode } from "@gstore/p2p";
import type { GstoreNode } from "./api.ts";
import { closeParts, type NodeMakings, openParts } from "./assemble-node.ts";
import type { CollectionOptions } from "./collection/collection.ts";
import { isMarkedFolder, markFolder } from "./folder-mark.ts";
import { type Logger, silentLogger } from "./logger.ts";
import { Invites } from "./membership/invites.ts";
import { Members } from "./membership/members.ts";
import { Sightings } from "./membership/sightings.ts";
import { Node } from "./node.ts";
import { NodeEventHub } from "./node-events.ts";
import { type NodeFolder, type OpenOptions, openNodeFolder, renewIncarnation } from "./node-folder.ts";
import type { NodeParts } from "./node-parts.ts";
import { progressTeller } from "./progress-teller.ts";
import type { RepairOptions } from "./repair/repair-api.ts";
import type { ScrubSettings } from "./scrub/open-scrubber.ts";
import { WorkerSealer } from "./sealing/worker-sealer.ts";
import { syncedFile } from "./synced-file.ts";
import { gstoreVersion } from "./version.ts";

export interface NodeOptions extends OpenOptions {
  /** The node's folder, made by `initNode`. */
  readonly dir: string;
  /** Where to listen: `host:port` or a multiaddr; port 0 takes a free one. Default: `0.0.0.0:4000`. */
  readonly listen?: readonly string[];
  /** An HTTP proxy through which addresses of WebSockets are dialled: `http://host:port`, with `user:password@` where it wants that. */
  readonly proxy?: string;
  /** Addresses of members to connect to and stay connected to. */
  readonly bootstrap?: readonly string[];
  /** Where others are told to dial this node. Default: where it listens. None: it is not dialled by members that hear of it from others. */
  readonly announce?: readonly string[];
  /** Finds members on the local network by multicast DNS, and tells it of this node. Default: yes, unless it listens on loopback alone. */
  readonly mdns?: boolean;
  /** Has the router forward a port (UPnP) where others can't dial the node. Default: yes, on a local network. */
  readonly upnp?: boolean;
  /** Takes part in the members' DHT: finds members and files where the lists that all of them have do not help. Default: yes. */
  readonly dht?: boolean;
  /** Whether it relays for members that can't reach each other: always, never, or while they can dial it (default). */
  readonly relay?: RelayMode;
  readonly scrub?: ScrubSettings;
  /** Bytes per second of bulk transfers. Default: no limit. */
  readonly limits?: Partial<BulkLimits>;
  /** Bytes that the node may hold; its share of all copies follows from it. Default: what its disk has room for. */
  readonly capacityBytes?: number;
  /** A label of where it stands: nodes of one zone may be lost together. Default: what was stated of it before. */
  readonly zone?: string;
  readonly logger?: Logger;
  /** When and how fast missing copies are made again, and how often other holders are audited. */
  readonly repair?: Partial<RepairOptions>;
  readonly clock?: Clock;
  readonly random?: Random;
  /** When the space of what is no longer kept is given back. */
  readonly collection?: CollectionOptions;
}

/** Others take 64 incarnations of one author; on a file system whose inodes change by themselves some are left to need. */
const OWN_INCARNATIONS_MAX = 32;
const LISTEN_DEFAULT = ["0.0.0.0:4000"];

/**
 * A node over a folder, not yet started. Rejects with `NOT_INITIALISED`, `KEY_FILE_INVALID` or `PASSPHRASE_NEEDED`. The
 * one place where implementations are chosen.
 */
export async function createNode(options: NodeOptions): Promise<GstoreNode> {
  refuseBadAttributes(options);
  const folder = await openNodeFolder(options.dir, options);
  const events = new NodeEventHub(options.logger ?? silentLogger);
  const stop = new AbortController();
  return new Node({
    id: folder.identity.peerId,
    name: folder.name,
    events,
    open: () => openOnFolder(options, folder, { events, stopping: stop.signal }),
    close: (parts) => closeParts(parts, stop),
  });
}

function refuseBadAttributes({ capacityBytes, zone, announce }: NodeOptions): void {
  if (capacityBytes !== undefined && !(Number.isSafeInteger(capacityBytes) && capacityBytes >= 0))
    throw new GstoreError("INVALID_ARGUMENT", "capacityBytes is a whole number of bytes.");
  if (zone !== undefined) parseNodeName(zone);
  if ((announce?.length ?? 0) > ADDRESSES_PER_RECORD_MAX)
    throw new GstoreError("INVALID_ARGUMENT", `At most ${ADDRESSES_PER_RECORD_MAX} addresses are announced.`);
  for (const address of announce ?? []) parsePeerAddress(address);
}

async function openOnFolder(
  options: NodeOptions,
  folder: NodeFolder,
  life: Pick<NodeMakings, "events" | "stopping">,
): Promise<NodeParts> {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom;
  const logger = options.logger ?? silentLogger;
  const holder = "gstore";
  const scanned = progressTeller(
    { clock, logger },
    "the packs are read: their index is missing, damaged or behind",
  );
  let { incarnation } = folder;
  // Its last entry may be what was lost, and others know its number: this node must not use it again.
  const entryLost = async (): Promise<void> => {
    logger.warn({}, "damage was found where an entry may have been: a new incarnation begins");
    incarnation = await renewIncarnation(folder.paths);
  };
  const disk = await openDiskStore({ dir: folder.paths.store, holder, clock, scanned, entryLost });
  try {
    const members = await Members.open(disk.membership, folder.networkId);
    await members.add(folder.records);
    const network = createPeerNetwork({
      identity: folder.identity,
      networkId: folder.networkId,
      certificate: members.state.certificateOf(folder.identity.peerId) ?? folder.certificate,
      listen: [...(options.listen ?? LISTEN_DEFAULT)],
      bootstrap: [...(options.bootstrap ?? [])],
      mdns: options.mdns ?? true,
      upnp: options.upnp ?? true,
      relay: options.relay ?? "auto",
      dht: options.dht ?? true,
      proxy: options.proxy,
      agent: `gstore/${gstoreVersion}`,
      ...{ clock, random, logger },
    });
    if (options.limits !== undefined) network.limitBulk({ ...network.bulkLimits(), ...options.limits });
    const invites = await Invites.open(syncedFile(folder.paths.invites), clock);
    const sightings = await Sightings.open({ path: folder.paths.sightings, clock });
    // The main thread has one core's work to do beside them.
    const threads = Math.min(SEAL_THREADS_MAX, Math.max(1, availableParallelism() - 1));
    const sealer = new WorkerSealer({ threads, clock });
    const renew = () => renewIncarnation(folder.paths);
    incarnation = await incarnationOf({ ...folder, incarnation }, { disk, logger });
    return await openParts({
      ...{
        self: { ...folder, incarnation },
        disk,
        network,
        members,
        invites,
        sightings,
        sealer,
        clock,
        random,
        logger,
        ...life,
      },
      attributes: { capacityBytes: options.capacityBytes, zone: options.zone },
      reclassifyFile: syncedFile(folder.paths.reclassify),
      pinsFile: syncedFile(folder.paths.pins),
      uploadsFile: syncedFile(folder.paths.uploads),
      renewIncarnation: renew,
      collection: options.collection,
      scrub: { settings: options.scrub, file: syncedFile(folder.paths.scrub) },
      repair: options.repair ?? {},
      discovery: {
        file: syncedFile(folder.paths.addresses),
        bootstrap: options.bootstrap ?? [],
        announce: options.announce,
      },
    });
  } catch (error) {
    await disk.close();
    throw error;
  }
}

/**
 * Under which incarnation the node goes on. On a copy of its folder it takes a new one: since the copy was made it may have
 * written under the old one, and others know what.
 */
async function incarnationOf(
  { paths, incarnation, identity }: NodeFolder,
  { disk, logger }: { disk: DiskStore; logger: Logger },
): Promise<Incarnation> {
  if (!(await isMarkedFolder(paths.mark))) {
    const own = (await disk.entries.vector()).filter(({ author }) => author === identity.peerId).length;
    if (own >= OWN_INCARNATIONS_MAX) {
      logger.warn(
        { incarnations: own },
        "this node's folder is a copy; it goes on under its old incarnation",
      );
    } else {
      logger.info({}, "this node's folder is a copy: a new incarnation begins");
      const renewed = await renewIncarnation(paths);
      await markFolder(paths.mark);
      return renewed;
    }
  }
  await markFolder(paths.mark).catch((error: unknown) => {
    // The mark of an earlier start still tells the folder from a copy.
    logger.warn({ error: String(error) }, "this node's folder could not be marked");
  });
  return incarnation;
}
