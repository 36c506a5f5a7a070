import {
  type Clock,
  type DiskStore,
  type EntryId,
  GETS_AT_ONCE_MAX,
  GstoreError,
  type Incarnation,
  MANIFEST_CACHE_BYTES_MAX,
  type PeerId,
  type PeerNetwork,
  type Random,
  SMALL_PUTS_AT_ONCE_MAX,
  STOP_TIMEOUT_MS,
  TRANSFER_WINDOW_BYTES,
} from "@gstore/core";
import { verifyCertificate } from "@gstore/crypto";
import { ByteWindow } from "./byte-window.ts";
import { type CollectionOptions, makeCollection } from "./collection/collection.ts";
import { Discovery, type DiscoverySettings } from "./discovery/discovery.ts";
import { EntryAuthor } from "./entry-author.ts";
import { Holdings } from "./holders/holdings.ts";
import { HybridClock } from "./hybrid-clock.ts";
import type { Logger } from "./logger.ts";
import { makeKeyNames } from "./make-key-names.ts";
import { ManifestNodes } from "./manifest-nodes.ts";
import { Administration, heldSpaces } from "./membership/administration.ts";
import { doDutiesLater, takeEffect } from "./membership/effects.ts";
import type { Invites } from "./membership/invites.ts";
import { assertMayConnect } from "./membership/may-connect.ts";
import type { Members } from "./membership/members.ts";
import { redeem } from "./membership/redemption.ts";
import type { Sightings } from "./membership/sightings.ts";
import { Spaces } from "./membership/spaces.ts";
import type { NodeEventHub } from "./node-events.ts";
import type { NodeFolder } from "./node-folder.ts";
import type { NodeParts } from "./node-parts.ts";
import { resumeReclassifying } from "./operations/reclassify.ts";
import { Pins } from "./pins/pins.ts";
import { FullPeers } from "./placement/full-peers.ts";
import type { OwnAttributes } from "./placement/own-attributes.ts";
import { PendingPrefixes } from "./placement/pending-prefixes.ts";
import { Placement } from "./placement/placement.ts";
import { Policies } from "./placement/policies.ts";
import { Room } from "./placement/room.ts";
import { tellAttributes } from "./placement/tell-attributes.ts";
import { Repair } from "./repair/repair.ts";
import type { RepairOptions } from "./repair/repair-api.ts";
import { MissingMetadata } from "./replication/missing-metadata.ts";
import { PurgeReceipts } from "./replication/purge-receipts.ts";
import { Replication } from "./replication/replication.ts";
import { SafetyNotes } from "./safety-notes.ts";
import { openScrubber, type ScrubSettings } from "./scrub/open-scrubber.ts";
import type { ChunkSealer } from "./sealing/chunk-sealer.ts";
import { ShownVersions } from "./shown-versions.ts";
import { Slots } from "./slots.ts";
import type { SyncedFile } from "./synced-file.ts";
import { Uploads } from "./uploads/uploads.ts";
import { within } from "./within.ts";
import { WriteGate } from "./write-gate.ts";

/** What a node is put together from: who it is, and its doors to the outside. Tests and the simulator bring their own. */
export interface NodeMakings {
  readonly self: Pick<NodeFolder, "identity" | "networkId" | "rootKey" | "name" | "incarnation">;
  /** Open; {@link closeParts} closes it. */
  readonly disk: DiskStore;
  readonly members: Members;
  readonly invites: Invites;
  readonly sightings: Sightings;
  /** Not started; {@link openParts} starts it and {@link closeParts} stops it. */
  readonly network: PeerNetwork;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly events: NodeEventHub;
  /** {@link closeParts} closes it. */
  readonly sealer: ChunkSealer;
  readonly collection?: CollectionOptions | undefined;
  /** How often all that is stored is read again, and where is kept how far that is. */
  readonly scrub?: { readonly settings: ScrubSettings | undefined; readonly file: SyncedFile };
  /** What this node states of itself; without it, nothing. */
  readonly attributes?: OwnAttributes;
  /** Where it remembers which keys are being given a policy's class. */
  readonly reclassifyFile?: SyncedFile;
  /** Where it remembers what it keeps whatever the placement says. */
  readonly pinsFile?: SyncedFile;
  /** Where it remembers what has come of files that come in pieces. */
  readonly uploadsFile?: SyncedFile;
  /** How other members are found, and where their addresses are kept; without it only those are met that dial or are dialled. */
  readonly discovery?: DiscoverySettings;
  /** Takes a new incarnation, durably. */
  readonly renewIncarnation: () => Promise<Incarnation>;
  /** What differs from its defaults; null leaves repair and audits out. */
  readonly repair?: Partial<RepairOptions> | null;
  /** Fires when the node stops. */
  readonly stopping: AbortSignal;
}

/** Puts a node together and starts its network. */
export async function openParts(makings: NodeMakings): Promise<NodeParts> {
  const parts = await assemble(makings);
  await startNetwork(parts);
  if (makings.repair !== null) parts.repair.start();
  tellAttributes(parts, makings.attributes);
  void resumeReclassifying(parts);
  return parts;
}

/** Lets running puts and gets go on for a moment, then breaks them off, and closes all. */
export async function closeParts(parts: NodeParts, stop: AbortController): Promise<void> {
  const { clock, putSlots, getSlots, replication, names, network, disk, sightings, sealer } = parts;
  await within(clock, STOP_TIMEOUT_MS / 2, Promise.all([putSlots.empty(), getSlots.empty()]));
  stop.abort(new GstoreError("ABORTED", "The node was stopped."));
  const upkeep = [parts.repair.stop(), parts.scrubber.stop(), parts.collection.collector.stop()];
  const quiet = [...upkeep, replication.stop(), putSlots.empty(), names.idle()];
  await within(clock, STOP_TIMEOUT_MS / 2, Promise.all(quiet));
  await Promise.all([network.stop(), sealer.close(), parts.discovery.stop()]);
  parts.uploads.close();
  await sightings.close();
  await disk.close();
}

async function assemble(makings: NodeMakings): Promise<NodeParts> {
  const { self, disk, network, clock, random, logger, events, renewIncarnation, stopping } = makings;
  const { members, invites, sightings, sealer, scrub } = makings;
  const { identity, networkId, rootKey, name, incarnation } = self;
  const { blobs, entries } = disk;
  const hybridClock = new HybridClock(clock);
  const spaces = new Spaces(heldSpaces({ members, identity, rootKey }), random);
  const index = await disk.openNameIndex(identity.deriveKey("name index"));
  let isStarting = true;
  const names = makeKeyNames(makings, { index, spaces, isStarting: () => isStarting });
  const fullPeers = new FullPeers(clock);
  const placement = new Placement(members, fullPeers);
  const pins = await Pins.open({ file: makings.pinsFile ?? null, spaces, random });
  const dropped = () => collection.collector.poke();
  const uploads = await Uploads.open({ file: makings.uploadsFile ?? null, clock, logger, dropped });
  const author = new EntryAuthor({ identity, incarnation, disk, members, clock: hybridClock });
  const shown = new ShownVersions({ entries, spaces, members, unreadable: () => {} });
  const versionLeases = { isLeased: (version: EntryId) => replication.leases.isLeased(version) };
  const base = { disk, network, members, clock, random, logger, placement, shown, versionLeases };
  const missing = new MissingMetadata({
    ...{ network, entries, logger, stopping, look: (keys) => names.look(keys) },
    erase: () => collection.collector.erase(),
    purgeGuard: () => collection.purgeGuard,
  });
  const collection = makeCollection(
    {
      ...base,
      lacking: (records) => missing.note(records),
      roots: () => uploads.roots(),
      damaged: (lost) => scrubber.noteDamaged({ entries: lost }),
    },
    makings.collection ?? {},
  );
  const { history, purges, purgeGuard } = collection;
  const purgeReceipts = new PurgeReceipts({ identity, network, members, purges, clock, logger });
  const collect = () => collection.collector.poke();
  const room = new Room({
    ...{ self: network.self, disk, members, clock, isShort: collect },
    capacityBytes: makings.attributes?.capacityBytes,
  });
  await room.measure();
  const discovery = await Discovery.open(
    { identity, networkId, network, members, clock, random, logger },
    makings.discovery ?? null,
  );
  const signal = stopping;
  const holdings = new Holdings({ network, members, placement, entries, clock, logger, signal });
  const replication = new Replication({
    ...{ addresses: discovery.exchange, clocks: collection.clocks, blobLeases: collection.leases },
    ...{ room, fullPeers, pins, placement, history, purgeReceipts, purgeGuard },
    ...{ identity, random, network, blobs, entries, members, hybridClock, clock, logger },
    arrived: (fresh) => {
      collection.collector.arrived(fresh);
      return names.refresh();
    },
    synced: (peer) => {
      void collection.clocks.ask(peer);
      events.emit("synced", { peer, name: members.nameOf(peer) });
    },
    heldChanged: (version, holder) => {
      if (holder === network.self) holdings.completed(version);
      events.emit("held", { version, holder });
    },
    damaged: (digest) => scrubber.noteDamaged({ blobs: [digest] }),
    olderSelf: async (last) => {
      if (last.incarnation !== author.incarnation) return;
      logger.warn(
        { seq: last.seq },
        "this node's disk is older than what its peers know of it: a new incarnation begins",
      );
      await author.restartAs(await renewIncarnation());
    },
  });
  const looksAfter = { disk, members, network, replication, collection, clock, logger, spaces };
  const scrubber = await openScrubber(looksAfter, scrub ?? {});
  const repair = new Repair(
    {
      ...{ network, members, placement, history, pins, fullPeers, sightings, replication },
      ...{ blobs, entries, holdings, clock, random, logger, dropped: collect },
    },
    makings.repair ?? {},
  );
  const administration = new Administration({ identity, rootKey, members, spaces, entries, clock, random });
  const parts: NodeParts = {
    ...{ networkId, name, startedMs: clock.now(), clock, random, disk, network, members, rootKey, logger },
    ...{ spaces, names, author, replication, administration, invites, sightings, events, stopping },
    ...{ missing, purgeReceipts, discovery, sealer, placement, history, pins, uploads, scrubber, repair },
    ...{ collection, room, fullPeers, holdings },
    policies: new Policies(members),
    pendingPrefixes: await PendingPrefixes.open(makings.reclassifyFile ?? null),
    writes: new WriteGate(),
    safety: new SafetyNotes(),
    putSlots: new Slots(SMALL_PUTS_AT_ONCE_MAX),
    getSlots: new Slots(GETS_AT_ONCE_MAX),
    putWindow: new ByteWindow(TRANSFER_WINDOW_BYTES),
    readAhead: new ByteWindow(TRANSFER_WINDOW_BYTES),
    manifestNodes: new ManifestNodes(MANIFEST_CACHE_BYTES_MAX),
  };
  sightings.keepFor((peer) => members.get(peer) !== undefined);
  members.onChange((change) => takeEffect(parts, identity, change));
  await names.refresh();
  isStarting = false;
  names.resume().catch((error: unknown) => {
    if (!stopping.aborted) logger.error({ error: String(error) }, "names could not be looked at again");
  });
  return parts;
}

async function startNetwork(parts: NodeParts): Promise<void> {
  const {
    network,
    networkId,
    replication,
    members,
    events,
    administration,
    invites,
    logger,
    sightings,
    scrubber,
    discovery,
  } = parts;
  const tell = (peer: PeerId, connected: boolean) =>
    events.emit("peer", { peer, name: members.nameOf(peer), connected });
  /** Members that were told of as there: told once they are synced with, and not at all if they go before. */
  const told = new Set<PeerId>();
  const synced = (peer: PeerId) => {
    if (told.has(peer) || !network.peers().some((connected) => connected.peer === peer)) return;
    told.add(peer);
    tell(peer, true);
  };
  await network.start({
    request: (from, _purpose, message) => replication.request(from, message),
    bulk: (from, channel) => replication.bulk(from, channel),
    stranger: (from, message, binding) =>
      redeem({ invites, administration, members }, from, message, binding),
    admit: (peer, certificate) => {
      verifyCertificate(certificate, { networkId, subject: peer });
      assertMayConnect(members.state, peer, certificate);
    },
    connected: (connected) => {
      sightings.connected(connected);
      discovery.connected(connected);
      void replication.connected(connected).then(() => {
        synced(connected.peer);
        void discovery.synced(connected.peer);
        scrubber.memberCame();
        parts.missing.memberCame();
        doDutiesLater(parts, logger);
      });
    },
    connectedAgain: (connected) => void replication.connected(connected),
    dht: discovery.dhtHandlers,
    seenOnLan: (peer, addresses) => discovery.seenOnLan(peer, addresses),
    disconnected: (peer) => {
      sightings.disconnected(peer);
      discovery.disconnected(peer);
      replication.disconnected(peer);
      if (told.delete(peer)) tell(peer, false);
    },
  });
  discovery.start();
  parts.holdings.start();
  replication.catchUp.poke({ all: true });
  parts.collection.collector.start();
  scrubber.start();
}
