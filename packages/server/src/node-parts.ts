import type { Clock, DiskStore, NetworkId, PeerNetwork, Random } from "@gstore/core";
import type { RootKey } from "@gstore/crypto";
import type { ByteWindow } from "./byte-window.ts";
import type { Collection } from "./collection/collection.ts";
import type { History } from "./collection/history.ts";
import type { Discovery } from "./discovery/discovery.ts";
import type { EntryAuthor } from "./entry-author.ts";
import type { Holdings } from "./holders/holdings.ts";
import type { KeyNames } from "./key-names.ts";
import type { Logger } from "./logger.ts";
import type { ManifestNodes } from "./manifest-nodes.ts";
import type { Administration } from "./membership/administration.ts";
import type { Invites } from "./membership/invites.ts";
import type { Members } from "./membership/members.ts";
import type { Sightings } from "./membership/sightings.ts";
import type { Spaces } from "./membership/spaces.ts";
import type { NodeEventHub } from "./node-events.ts";
import type { Pins } from "./pins/pins.ts";
import type { FullPeers } from "./placement/full-peers.ts";
import type { PendingPrefixes } from "./placement/pending-prefixes.ts";
import type { Placement } from "./placement/placement.ts";
import type { Policies } from "./placement/policies.ts";
import type { Room } from "./placement/room.ts";
import type { Repair } from "./repair/repair.ts";
import type { MissingMetadata } from "./replication/missing-metadata.ts";
import type { PurgeReceipts } from "./replication/purge-receipts.ts";
import type { Replication } from "./replication/replication.ts";
import type { SafetyNotes } from "./safety-notes.ts";
import type { Scrubber } from "./scrub/scrubber.ts";
import type { ChunkSealer } from "./sealing/chunk-sealer.ts";
import type { Slots } from "./slots.ts";
import type { Uploads } from "./uploads/uploads.ts";
import type { WriteGate } from "./write-gate.ts";

/** What a running node is made of. `createNode` builds it; the operations receive it. */
export interface NodeParts {
  readonly networkId: NetworkId;
  readonly name: string;
  readonly startedMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly disk: DiskStore;
  readonly network: PeerNetwork;
  readonly members: Members;
  readonly spaces: Spaces;
  readonly administration: Administration;
  readonly invites: Invites;
  readonly sightings: Sightings;
  readonly discovery: Discovery;
  /** Where this node holds it. */
  readonly rootKey: RootKey | null;
  readonly names: KeyNames;
  /** Who should hold what. */
  readonly placement: Placement;
  /** Since when superseded versions need not be kept. */
  readonly history: History;
  /** What this node has room for, and who said that it has none. */
  readonly room: Room;
  readonly fullPeers: FullPeers;
  /** What is kept here whatever the placement says. */
  readonly pins: Pins;
  /** Files that come in pieces. */
  readonly uploads: Uploads;
  /** Tells the members' DHT what is held beyond what the placement says. */
  readonly holdings: Holdings;
  readonly repair: Repair;
  /** By prefix, where this node holds the keys. */
  readonly policies: Policies;
  readonly pendingPrefixes: PendingPrefixes;
  readonly author: EntryAuthor;
  readonly replication: Replication;
  readonly collection: Collection;
  /** Has entries made whole that a peer sent without their metadata. */
  readonly missing: MissingMetadata;
  readonly purgeReceipts: PurgeReceipts;
  readonly scrubber: Scrubber;
  readonly events: NodeEventHub;
  readonly sealer: ChunkSealer;
  /** Closed while the node leaves its network. */
  readonly writes: WriteGate;
  readonly safety: SafetyNotes;
  readonly putSlots: Slots;
  readonly getSlots: Slots;
  /** Bytes of all puts sealed and not yet synced, and of all gets read ahead. */
  readonly putWindow: ByteWindow;
  readonly readAhead: ByteWindow;
  readonly manifestNodes: ManifestNodes;
  /** Fires when the node stops. */
  readonly stopping: AbortSignal;
}
