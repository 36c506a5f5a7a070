import { openDiskStore } from "@gstore/cas";
import {
  type Clock,
  type DiskStore,
  GETS_AT_ONCE_MAX,
  GstoreError,
  type PeerId,
  type PeerNetwork,
  PUTS_AT_ONCE_MAX,
  type Random,
  STOP_TIMEOUT_MS,
  systemClock,
  systemRandom,
  TRANSFER_WINDOW_BYTES,
} from "@gstore/core";
import { verifyCertificate } from "@gstore/crypto";
import { createPeerNetwork } from "@gstore/p2p";
import type { GstoreNode } from "./api.ts";
import { ByteWindow } from "./byte-window.ts";
import { EntryAuthor } from "./entry-author.ts";
import { HybridClock } from "./hybrid-clock.ts";
import { type KeyChange, KeyNames } from "./key-names.ts";
import { type Logger, silentLogger } from "./logger.ts";
import { Members } from "./members.ts";
import { Node } from "./node.ts";
import { NodeEventHub } from "./node-events.ts";
import { type NodeFolder, openNodeFolder, renewIncarnation } from "./node-folder.ts";
import type { NodeParts } from "./node-parts.ts";
import { Replication } from "./replication/replication.ts";
import { Slots } from "./slots.ts";
import { Spaces } from "./spaces.ts";

export interface NodeOptions {
  /** The node's folder, made by `initNode`. */
  readonly dir: string;
  /** Where to listen: `host:port` or a multiaddr; port 0 takes a free one. Default: `0.0.0.0:4000`. */
  readonly listen?: readonly string[];
  /** Addresses of members to connect to and stay connected to. */
  readonly bootstrap?: readonly string[];
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
}

const LISTEN_DEFAULT = ["0.0.0.0:4000"];

/**
 * A node over a folder, not yet started. Rejects with `NOT_INITIALISED` or `KEY_FILE_INVALID`. The one place where
 * implementations are chosen and put together.
 */
export async function createNode(options: NodeOptions): Promise<GstoreNode> {
  const folder = await openNodeFolder(options.dir);
  const events = new NodeEventHub(options.logger ?? silentLogger);
  const stop = new AbortController();
  return new Node({
    id: folder.identity.peerId,
    name: folder.name,
    events,
    open: () => openParts(options, folder, events, stop.signal),
    close: (parts) => closeParts(parts, stop),
  });
}

async function openParts(
  options: NodeOptions,
  folder: NodeFolder,
  events: NodeEventHub,
  stopping: AbortSignal,
): Promise<NodeParts> {
  const clock = options.clock ?? systemClock;
  const holder = `process ${process.pid}`;
  const disk = await openDiskStore({ dir: folder.paths.store, holder, clock });
  try {
    const network = createPeerNetwork({
      identity: folder.identity,
      networkId: folder.secrets.networkId,
      certificate: folder.certificate,
      listen: [...(options.listen ?? LISTEN_DEFAULT)],
      bootstrap: [...(options.bootstrap ?? [])],
      clock,
      random: options.random ?? systemRandom,
      logger: options.logger ?? silentLogger,
    });
    const parts = await assemble({ options, folder, events, stopping, clock, disk, network });
    await startNetwork(parts);
    return parts;
  } catch (error) {
    await disk.close();
    throw error;
  }
}

interface Built {
  readonly options: NodeOptions;
  readonly folder: NodeFolder;
  readonly events: NodeEventHub;
  readonly stopping: AbortSignal;
  readonly clock: Clock;
  readonly disk: DiskStore;
  readonly network: PeerNetwork;
}

async function assemble({
  options,
  folder,
  events,
  stopping,
  clock,
  disk,
  network,
}: Built): Promise<NodeParts> {
  const logger = options.logger ?? silentLogger;
  const random = options.random ?? systemRandom;
  const { identity, secrets } = folder;
  const { blobs, entries } = disk;
  const hybridClock = new HybridClock(clock);
  const members = await Members.open(disk.membership, secrets.networkId);
  await members.add(folder.certificate);
  const spaces = new Spaces(secrets);
  const space = spaces.named("main");
  const index = await disk.openNameIndex(identity.deriveKey("name index"));
  const changed = ({ name, record }: KeyChange) => {
    const { op, dot } = record.entry.body;
    events.emit("change", { key: name, version: record.entry.id, op, author: dot.author });
  };
  const names = new KeyNames({ entries, index, spaces, members, changed });
  const author = new EntryAuthor({
    identity,
    incarnation: folder.incarnation,
    entries,
    members,
    clock: hybridClock,
  });
  const replication = new Replication({
    ...{ network, blobs, entries, members, hybridClock, clock, logger },
    arrived: () => names.refresh(),
    heldChanged: (version, holder) => events.emit("held", { version, holder }),
    olderSelf: async (last) => {
      if (last.incarnation !== author.incarnation) return;
      logger.warn(
        { seq: last.seq },
        "this node's disk is older than what its peers know of it: a new incarnation begins",
      );
      await author.restartAs(await renewIncarnation(folder.paths));
    },
  });
  await names.refresh();
  return {
    ...{
      networkId: secrets.networkId,
      name: folder.name,
      startedMs: clock.now(),
      clock,
      random,
      disk,
      network,
      members,
    },
    ...{ spaces, space, names, author, replication, events, stopping },
    putSlots: new Slots(PUTS_AT_ONCE_MAX),
    getSlots: new Slots(GETS_AT_ONCE_MAX),
    putWindow: new ByteWindow(TRANSFER_WINDOW_BYTES),
    readAhead: new ByteWindow(TRANSFER_WINDOW_BYTES),
  };
}

async function startNetwork({ network, replication, members, events, networkId }: NodeParts): Promise<void> {
  const tell = (peer: PeerId, connected: boolean) =>
    events.emit("peer", { peer, name: members.nameOf(peer), connected });
  await network.start({
    request: (from, _purpose, message) => replication.request(from, message),
    bulk: (from, channel) => replication.bulk(from, channel),
    admit: (peer, certificate) => void verifyCertificate(certificate, { networkId, subject: peer }),
    connected: (connected) => void replication.connected(connected).then(() => tell(connected.peer, true)),
    disconnected: (peer) => {
      replication.disconnected(peer);
      tell(peer, false);
    },
  });
  replication.catchUp.poke({ all: true });
}

/** Lets running puts and gets go on for a moment, then breaks them off, and closes all. */
async function closeParts(parts: NodeParts, stop: AbortController): Promise<void> {
  const { clock, putSlots, getSlots, replication, network, disk } = parts;
  await within(clock, STOP_TIMEOUT_MS / 2, Promise.all([putSlots.empty(), getSlots.empty()]));
  stop.abort(new GstoreError("ABORTED", "The node was stopped."));
  await within(clock, STOP_TIMEOUT_MS / 2, Promise.all([replication.stop(), putSlots.empty()]));
  await network.stop();
  await disk.close();
}

/** Waits for work, at most so long. */
async function within(clock: Clock, timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let cancel = () => {};
  const timeout = new Promise<void>((resolve) => {
    cancel = clock.after(timeoutMs, resolve);
  });
  await Promise.race([work, timeout]);
  cancel();
}
