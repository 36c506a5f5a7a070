import type { Clock, DhtHandlers, NetworkId, PeerId } from "@gstore/core";
import type { PeerId as Libp2pPeerId } from "@libp2p/interface";
import type { KadDHT, KadDHTComponents, KadDHTInit, QueryEvent } from "@libp2p/kad-dht";
import { peerIdFromString } from "@libp2p/peer-id";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import type { AddressHints } from "./address-hints.ts";
import type { DhtCounters } from "./dht-counters.ts";
import { dhtDatastore } from "./dht-datastore.ts";
import type { DhtDoors, OpenOptions } from "./dht-doors.ts";
import { dhtProtocol, peerOfRecordKey, RECORD_NAMESPACE } from "./dht-keys.ts";
import {
  DHT_ASKED_AT_ONCE_PER_PATH,
  DHT_BUCKET_SIZE,
  DHT_HINTS_MAX,
  DHT_PATHS,
  DHT_PREFIX_BITS,
  DHT_REQUEST_TIMEOUT_MAX_MS,
  DHT_REQUEST_TIMEOUT_MIN_MS,
} from "./dht-limits.ts";
import type { DhtLinks } from "./dht-links.ts";
import type { HolderRecords } from "./holder-records.ts";
import { idOf } from "./peer-ids.ts";

export interface KadNodeOptions {
  readonly network: NetworkId;
  readonly links: DhtLinks;
  readonly handlers: DhtHandlers;
  readonly doors: DhtDoors;
  readonly hints: AddressHints;
  readonly holders: HolderRecords;
  readonly counters: DhtCounters;
  readonly clock: Clock;
  /** Told of each answer: who gave it, and whom it names. */
  readonly answered?: ((from: PeerId, named: readonly PeerId[]) => void) | undefined;
  /** Called when a member has left the routing table. */
  readonly leftTable: (peer: PeerId) => void;
}

type Answer = Extract<QueryEvent, { name: "PEER_RESPONSE" }>;
type PeerInfo = Answer["closer"][number];

/** What of kad-dht's class is used besides its interface. */
export interface KadNode extends KadDHT {
  readonly routingTable: EventTarget & {
    readonly size: number;
    readonly kb: { toIterable(): Iterable<{ peerId: Libp2pPeerId }> };
    queueRoutingTableUpdate(peer: Libp2pPeerId): void;
    remove(peer: Libp2pPeerId): Promise<void>;
  };
  readonly network: {
    sendRequest(to: Libp2pPeerId, message: object, options: object): AsyncGenerator<QueryEvent>;
  };
  onPeerConnect(peer: PeerInfo): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A timer that never fires: we say ourselves when to look around and what to say again (kad-member-dht.ts). */
const NEVER_MS = 2 ** 31 - 1;

/** libp2p's kad-dht with our doors in place of libp2p's parts: it neither dials, nor remembers, nor believes anything by itself. */
export async function createKadNode(options: KadNodeOptions): Promise<KadNode> {
  // 5 MiB of code that is of use to who has others to talk to.
  const { kadDHT } = await import("@libp2p/kad-dht");
  const node = kadDHT(settings(options))(components(options, () => tableOf(node))) as unknown as KadNode;
  guardAnswers(node, options);
  // Whom others name is not dialled for the table's sake: who has answered is taken in, and who is connected.
  node.onPeerConnect = async () => {};
  node.routingTable.addEventListener("peer:remove", (event) =>
    options.leftTable(idOf((event as CustomEvent<Libp2pPeerId>).detail)),
  );
  return node;
}

/** Who is in the routing table. */
export const tableOf = (node: KadNode): ReadonlySet<PeerId> =>
  new Set([...node.routingTable.kb.toIterable()].map(({ peerId }) => idOf(peerId)));

function settings({ network, handlers, counters }: KadNodeOptions): KadDHTInit {
  const timeout = { minTimeout: DHT_REQUEST_TIMEOUT_MIN_MS, maxTimeout: DHT_REQUEST_TIMEOUT_MAX_MS };
  return {
    protocol: dhtProtocol(network),
    clientMode: false,
    kBucketSize: DHT_BUCKET_SIZE,
    prefixLength: DHT_PREFIX_BITS,
    alpha: DHT_ASKED_AT_ONCE_PER_PATH,
    disjointPaths: DHT_PATHS,
    allowQueryWithZeroPeers: true,
    initialQuerySelfInterval: NEVER_MS,
    querySelfInterval: NEVER_MS,
    reprovide: { interval: NEVER_MS },
    // Two at once that split the same bucket lose the members of one half.
    routingTableUpdateQueueConcurrency: 1,
    networkDialTimeout: timeout,
    peerInfoMapper: (peer) => peer,
    validators: {
      [RECORD_NAMESPACE]: (key, value) => {
        const peer = peerOfRecordKey(key);
        if (peer !== null && handlers.isMember(peer) && handlers.offered(peer, new Uint8Array(value))) return;
        counters.refuse("record");
        throw new Error("an address record that does not hold");
      },
    },
    // All have gone through the validator by then, so that the newest is what the node knows. Members that gave an older one are told.
    selectors: {
      [RECORD_NAMESPACE]: (key, records) => {
        const peer = peerOfRecordKey(key);
        const newest = peer === null ? null : handlers.record(peer);
        const isNewest = (record: Uint8Array) => newest !== null && Buffer.compare(newest, record) === 0;
        return Math.max(0, records.findIndex(isNewest));
      },
    },
  };
}

function components(options: KadNodeOptions, table: () => ReadonlySet<PeerId>): KadDHTComponents {
  const { links, handlers, doors, hints, holders, counters, clock } = options;
  const addressesOf = (peer: Libp2pPeerId): Multiaddr[] => {
    const id = idOf(peer);
    const known = handlers.addresses(id);
    return (known.length > 0 ? known : hints.of(id)).flatMap(multiaddrOf);
  };
  const peerStore = {
    get: async (id: Libp2pPeerId) => ({
      id,
      protocols: [],
      tags: new Map(),
      addresses: addressesOf(id).map((address) => ({ multiaddr: address })),
    }),
    getInfo: async (id: Libp2pPeerId) => ({ id, multiaddrs: addressesOf(id) }),
    all: async () => [],
    // Tags mean nothing here; of addresses only what a provider says of itself comes this way.
    merge: async (id: Libp2pPeerId, { multiaddrs }: { multiaddrs?: Multiaddr[] }) =>
      hints.note(idOf(id), (multiaddrs ?? []).map(plainAddress)),
  };
  const registrar = {
    handle: (protocol: string, serve: (stream: unknown, connection: unknown) => Promise<void>) =>
      links.handle(protocol, async (stream, from) => {
        if (!doors.admitStream(stream, from)) return;
        // What a member does wrong ends its stream; kad-dht lets that through as a rejection.
        await serve(stream, { remotePeer: peerIdFromString(from) }).catch((error: Error) =>
          stream.abort(error),
        );
      }),
    unhandle: (protocol: string) => links.unhandle(protocol),
    register: async () => "gstore",
    unregister: () => {},
  };
  const connectionManager = {
    openStream: (peer: Libp2pPeerId, protocol: string, open: OpenOptions) =>
      doors.open(idOf(peer), protocol, open),
    // Whether it can be dialled shows when it is.
    isDialable: async () => true,
  };
  const ping = {
    // Links notice by themselves within seconds when their member is gone.
    ping: async (peer: Libp2pPeerId) => {
      if (!doors.mayBeInTable(idOf(peer), table)) throw new Error("not to be in the routing table");
      return 0;
    },
  };
  const parts = {
    peerId: peerIdFromString(links.self),
    registrar,
    addressManager: { getAddresses: () => links.addresses().flatMap(multiaddrOf) },
    peerStore,
    connectionManager,
    datastore: dhtDatastore({ handlers, holders, clock, refused: () => counters.refuse("surplus") }),
    events: new EventTarget(),
    logger: { forComponent: () => QUIET },
    ping,
  };
  return parts as unknown as KadDHTComponents;
}

/** Each answer to this node is looked through before a lookup goes on with it: members only, and so many. */
function guardAnswers(node: KadNode, options: KadNodeOptions): void {
  const { handlers, hints, counters, links, answered } = options;
  const send = node.network.sendRequest.bind(node.network);
  const admitted = (peers: PeerInfo[]): PeerInfo[] => {
    // The k next to a key, and the one whose key it is.
    const few = peers.slice(0, DHT_BUCKET_SIZE + 1);
    const members = few.filter(({ id }) => handlers.isMember(idOf(id)));
    if (few.length < peers.length) counters.refuse("surplus", peers.length - few.length);
    if (members.length < few.length) counters.refuse("stranger", few.length - members.length);
    for (const { id, multiaddrs } of members) {
      const peer = idOf(id);
      // What a member says of itself counts for more, and is dialled first.
      if (peer !== links.self && handlers.addresses(peer).length === 0)
        hints.note(peer, multiaddrs.map(plainAddress));
    }
    return members;
  };
  node.network.sendRequest = async function* guarded(to, message, sending) {
    for await (const event of send(to, message, sending)) {
      if (event.name !== "PEER_RESPONSE") {
        yield event;
        continue;
      }
      const checked = { closer: admitted(event.closer), providers: admitted(event.providers) };
      answered?.(
        idOf(to),
        checked.closer.map(({ id }) => idOf(id)),
      );
      yield { ...event, ...checked };
    }
  };
}

const plainAddress = (address: Multiaddr): string => String(address).replace(/\/p2p\/[^/]*$/, "");

/** Those read last, oldest first: the same few are in every answer. */
const read = new Map<string, Multiaddr>();

function multiaddrOf(address: string): Multiaddr[] {
  const known = read.get(address);
  if (known !== undefined) return [known];
  try {
    const parsed = multiaddr(address);
    if (read.size >= DHT_HINTS_MAX) read.delete(read.keys().next().value as string);
    read.set(address, parsed);
    return [parsed];
  } catch {
    return [];
  }
}

/** kad-dht's log says nothing that the counters do not. */
const QUIET: object = Object.assign(() => {}, {
  error() {},
  trace() {},
  enabled: false,
  newScope: () => QUIET,
});
