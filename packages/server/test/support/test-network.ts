import { createCipheriv, createHash } from "node:crypto";
import {
  type CertificateChain,
  type Clock,
  type DiskStore,
  incarnationFromBytes,
  type MembershipRecord,
  type PeerHandlers,
  type PeerId,
  type Role,
  type SpaceId,
} from "@gstore/core";
import { generateIdentity, type NodeIdentity } from "@gstore/crypto";
import {
  ManualClock,
  MemoryDiskStore,
  MemoryEntryStore,
  MemoryHub,
  type MemoryNetwork,
  SeededRandom,
} from "@gstore/testing";
import type { GstoreNode } from "../../src/api.ts";
import { closeParts, openParts } from "../../src/assemble-node.ts";
import type { CollectionOptions } from "../../src/collection/collection.ts";
import type { Logger } from "../../src/logger.ts";
import { Invites } from "../../src/membership/invites.ts";
import { Members } from "../../src/membership/members.ts";
import { Sightings } from "../../src/membership/sightings.ts";
import { Node } from "../../src/node.ts";
import { NodeEventHub } from "../../src/node-events.ts";
import type { NodeParts } from "../../src/node-parts.ts";
import type { OwnAttributes } from "../../src/placement/own-attributes.ts";
import type { RepairOptions } from "../../src/repair/repair-api.ts";
import type { ScrubSettings } from "../../src/scrub/open-scrubber.ts";
import { InlineSealer } from "../../src/sealing/chunk-sealer.ts";
import type { SyncedFile } from "../../src/synced-file.ts";
import { TestLog } from "./test-log.ts";
import { until } from "./waiting.ts";

export interface TestNodeOptions {
  readonly role?: Role;
  /** Default: one in memory. */
  readonly disk?: DiskStore;
  readonly scrub?: ScrubSettings & { readonly file?: SyncedFile };
  /** Goes on as this node, after a restart or from an older disk. */
  readonly self?: TestIdentity;
  readonly wrap?: (handlers: PeerHandlers) => PeerHandlers;
  /** How far its wall clock is ahead of the others' (ms). */
  readonly clockAheadMs?: number;
  readonly collection?: CollectionOptions;
  /** Without it, nothing is repaired or audited. */
  readonly repair?: Partial<RepairOptions>;
  /** What it states of itself; without it, nothing. */
  readonly attributes?: OwnAttributes;
  readonly reclassifyFile?: SyncedFile;
  readonly pinsFile?: SyncedFile;
  readonly uploadsFile?: SyncedFile;
  /** Finds the other members by itself; without it, it knows only whom it is connected to. */
  readonly discovery?: { readonly file: SyncedFile | null; readonly bootstrap: readonly string[] };
}

export interface TestIdentity {
  readonly name: string;
  readonly identity: NodeIdentity;
  readonly certificate: CertificateChain;
  readonly records: readonly MembershipRecord[];
  readonly incarnation: ReturnType<typeof incarnationFromBytes>;
}

/** A whole node of the code under test, on a memory disk and a memory network. */
export interface TestNode {
  readonly id: PeerId;
  readonly self: TestIdentity;
  readonly node: GstoreNode;
  readonly disk: MemoryDiskStore;
  readonly network: MemoryNetwork;
  /** Its insides, to look at counters. */
  readonly parts: NodeParts;
  /** What it logged as warnings and errors. */
  readonly complaints: string[];
}

/** A network of whole nodes in this process: one manual clock, one hub, nothing real. */
export class TestNetwork {
  readonly clock: ManualClock = new ManualClock();
  readonly hub: MemoryHub = new MemoryHub(this.clock);
  readonly random: SeededRandom;
  readonly log: TestLog;
  readonly #nodes: TestNode[] = [];

  constructor(seed = "gstore") {
    this.random = new SeededRandom(seed);
    this.log = new TestLog(this.random, this.clock.now());
  }

  /** Admits a member without starting anything for it. */
  identity(
    name: string,
    role: Role = "admin",
    { log = this.log, spaces = null }: { log?: TestLog; spaces?: readonly SpaceId[] | null } = {},
  ): TestIdentity {
    const identity = generateIdentity(this.random);
    const records = log.admit(identity, role, name, spaces);
    const incarnation = incarnationFromBytes(this.random.bytes(8));
    return { name, identity, records, certificate: log.certificateOf(identity, records), incarnation };
  }

  /** A started node. */
  async node(name: string, options: TestNodeOptions = {}): Promise<TestNode> {
    const self = options.self ?? this.identity(name, options.role);
    const disk = options.disk ?? new MemoryDiskStore();
    const id = self.identity.peerId;
    const network = this.hub.join({
      self: id,
      certificate: self.certificate,
      ...(options.wrap && { wrap: options.wrap }),
    });
    const complaints: string[] = [];
    const logger = loggerInto(complaints);
    const clock = clockAhead(this.clock, options.clockAheadMs ?? 0);
    // Versions are superseded by the time of the test.
    if (disk.entries instanceof MemoryEntryStore) disk.entries.now = () => clock.now();
    const stop = new AbortController();
    const events = new NodeEventHub(logger);
    let opened: NodeParts | undefined;
    const networkId = this.log.root.networkId;
    const members = await Members.open(disk.membership, networkId);
    await members.add(self.records);
    const invites = await Invites.open(noFile, this.clock);
    const sightings = await Sightings.open({ path: null, clock: this.clock });
    const makings = {
      ...{ disk, network, clock, random: this.random, logger, events },
      ...{
        sealer: new InlineSealer(),
        members,
        invites,
        sightings,
        self: { ...self, networkId, rootKey: null },
      },
      collection: options.collection,
      ...(options.scrub && { scrub: { settings: options.scrub, file: options.scrub.file ?? noFile } }),
      ...(options.attributes && { attributes: options.attributes }),
      ...(options.pinsFile && { pinsFile: options.pinsFile }),
      ...(options.uploadsFile && { uploadsFile: options.uploadsFile }),
      ...(options.discovery && { discovery: options.discovery }),
      ...(options.reclassifyFile && { reclassifyFile: options.reclassifyFile }),
      renewIncarnation: async () => incarnationFromBytes(this.random.bytes(8)),
      repair: options.repair ?? null,
      stopping: stop.signal,
    };
    const open = async () => {
      opened = await openParts(makings);
      return opened;
    };
    const close = (parts: NodeParts) => closeParts(parts, stop);
    const node = new Node({ id, name, events, open, close });
    await node.start();
    const made = {
      id,
      self,
      node,
      disk: disk as MemoryDiskStore,
      network,
      parts: opened as NodeParts,
      complaints,
    };
    this.#nodes.push(made);
    return made;
  }

  /** Several nodes, each connected to all others and synced. */
  async mesh(...names: string[]): Promise<TestNode[]> {
    const nodes: TestNode[] = [];
    for (const name of names) nodes.push(await this.node(name));
    for (const [index, one] of nodes.entries()) {
      for (const other of nodes.slice(0, index)) await this.connect(one, other);
    }
    await until("all nodes know all members", () =>
      nodes.every(({ parts }) => parts.members.count === nodes.length),
    );
    return nodes;
  }

  /** Connects two nodes and waits until both have synced. */
  async connect(one: Pick<TestNode, "id" | "node">, two: Pick<TestNode, "id" | "node">): Promise<void> {
    const seen = new Set<PeerId>();
    const watched = [
      one.node.on("peer", ({ peer, connected }) => connected && seen.add(peer)),
      two.node.on("peer", ({ peer, connected }) => connected && seen.add(peer)),
    ];
    await this.hub.connect(one.id, two.id);
    await until("two nodes have synced", () => seen.has(one.id) && seen.has(two.id));
    for (const stop of watched) stop();
  }

  /** Stops all nodes; to be called after each test. */
  async stop(): Promise<void> {
    for (const link of this.hub.links()) link.resume();
    let isStopped = false;
    const stopped = Promise.all(this.#nodes.splice(0).map(({ node }) => node.stop()));
    const settled = stopped.finally(() => {
      isStopped = true;
    });
    await until("all nodes have stopped", () => {
      this.clock.advance(100);
      return isStopped;
    });
    await settled;
  }
}

/** Nobody is invited in these tests. */
const noFile = { path: "invites.json", read: async () => null, replace: async () => {} };

function clockAhead(clock: Clock, byMs: number): Clock {
  return {
    now: () => clock.now() + byMs,
    monotonic: () => clock.monotonic(),
    after: (delayMs, callback) => clock.after(delayMs, callback),
  };
}

function loggerInto(complaints: string[]): Logger {
  const complain = (fields: object, message: string) =>
    void complaints.push(`${message} ${JSON.stringify(fields)}`);
  return { debug: () => {}, info: () => {}, warn: complain, error: complain };
}

/** Bytes that no compressor makes smaller, the same for the same seed. */
export function randomBytes(length: number, seed = "content"): Buffer {
  const key = createHash("sha256").update(seed).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** All bytes of a key, as a node gives them. */
export async function readAll(node: GstoreNode, key: string): Promise<Buffer> {
  return await bytesOf((await node.get(key)).stream);
}

export async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}
