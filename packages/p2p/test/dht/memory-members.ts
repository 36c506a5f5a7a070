import { type Clock, type DhtHandlers, type NetworkId, type PeerId, systemClock } from "@gstore/core";
import { createNetworkSecrets, generateIdentity, type NodeIdentity } from "@gstore/crypto";
import type { DhtLink, DhtLinks, DhtStreamHandler } from "../../src/dht/dht-links.ts";
import { type DhtLimits, KadMemberDht } from "../../src/dht/kad-member-dht.ts";
import { silentLogger } from "../../src/logger.ts";
import { MemoryStream } from "./memory-stream.ts";
import { handlersOf, recordOf } from "./records.ts";

export interface MemoryMemberOptions {
  readonly identity?: NodeIdentity;
  /** Its IP address; default: one of its own. */
  readonly host?: string;
  readonly limits?: Partial<DhtLimits>;
  readonly answered?: (from: PeerId, named: readonly PeerId[]) => void;
}

/** Turns of the event loop in which nothing comes into any table. */
const QUIET_TURNS = 10;

/** No time passes, and whatever is to happen later does not: tests say when. */
const stoppedClock: Clock = { ...systemClock, monotonic: () => 0, after: () => () => {} };

/** Members whose DHT is the real one, and whose connections are in memory. */
export class MemoryMembers {
  readonly all: MemoryMember[] = [];
  readonly byId: Map<PeerId, MemoryMember> = new Map();
  readonly networkId: NetworkId = createNetworkSecrets().networkId;
  /** Who is a member; others are connected to by nobody. */
  isMember: (peer: PeerId) => boolean = (peer) => this.byId.has(peer);

  async add(options: MemoryMemberOptions = {}): Promise<MemoryMember> {
    const at = this.all.length;
    const host = options.host ?? `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`;
    const member = new MemoryMember(this, { ...options, host, port: 4000 + at });
    this.all.push(member);
    this.byId.set(member.id, member);
    await member.dht.start();
    return member;
  }

  connect(one: MemoryMember, other: MemoryMember): void {
    if (one === other || one.connected.has(other.id)) return;
    one.connected.add(other.id);
    other.connected.add(one.id);
    one.dht.connected(other.id);
    other.dht.connected(one.id);
  }

  /** Resolves when the routing tables do not change any more: they take members in one after the other. */
  async settled(): Promise<void> {
    const sum = () => this.all.reduce((total, { dht }) => total + dht.status().members, 0);
    for (let last = -1, quiet = 0; quiet < QUIET_TURNS; ) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = sum();
      quiet = now === last ? quiet + 1 : 0;
      last = now;
    }
  }

  async stop(): Promise<void> {
    for (const { dht } of this.all.splice(0)) await dht.stop();
    this.byId.clear();
  }
}

export class MemoryMember {
  readonly identity: NodeIdentity;
  readonly records: Map<PeerId, Uint8Array> = new Map();
  readonly connected: Set<PeerId> = new Set();
  readonly handlers: Map<string, DhtStreamHandler> = new Map();
  readonly dht: KadMemberDht;
  readonly address: string;
  readonly host: string;
  readonly #members: MemoryMembers;

  constructor(members: MemoryMembers, options: MemoryMemberOptions & { host: string; port: number }) {
    this.#members = members;
    this.identity = options.identity ?? generateIdentity();
    this.host = options.host;
    this.address = `/ip4/${options.host}/tcp/${options.port}`;
    const { networkId } = members;
    this.records.set(this.id, recordOf(this.identity, [this.address], { network: networkId }));
    this.dht = new KadMemberDht({
      network: networkId,
      links: this.#links(),
      handlers: this.#handlers(),
      clock: stoppedClock,
      logger: silentLogger,
      connectionsMax: Number.POSITIVE_INFINITY,
      limits: options.limits,
      ...(options.answered === undefined ? {} : { answered: options.answered }),
    });
  }

  get id(): PeerId {
    return this.identity.peerId;
  }

  #handlers(): DhtHandlers {
    const { networkId, byId } = this.#members;
    const handlers = handlersOf(this.records, networkId, (peer) => this.#members.isMember(peer));
    // Members tell each other where they are when they connect, whatever the DHT does.
    const told = (peer: PeerId) => (this.connected.has(peer) ? [byId.get(peer)?.address ?? ""] : []);
    const addresses = (peer: PeerId) => {
      const known = handlers.addresses(peer);
      return known.length > 0 ? known : told(peer);
    };
    return { ...handlers, addresses };
  }

  #links(): DhtLinks {
    const { byId } = this.#members;
    return {
      self: this.id,
      addresses: () => [this.address],
      count: () => this.connected.size,
      link: (peer) => (this.connected.has(peer) ? this.#link(byId.get(peer) as MemoryMember) : null),
      connect: async (peer, address) => {
        const other = byId.get(peer);
        if (other === undefined || other.address !== address) throw new Error("nobody is there");
        this.#members.connect(this, other);
      },
      disconnect() {},
      handle: async (protocol, handler) => void this.handlers.set(protocol, handler),
      unhandle: async (protocol) => void this.handlers.delete(protocol),
    };
  }

  #link(other: MemoryMember): DhtLink {
    return {
      address: other.host,
      open: async (protocol) => {
        const handler = other.handlers.get(protocol);
        if (handler === undefined) throw new Error("this protocol is not spoken there");
        const [here, there] = MemoryStream.pair();
        void handler(there, this.id);
        return here;
      },
    };
  }
}
