import type {
  AddressRecord,
  Clock,
  ConnectedPeer,
  DhtHandlers,
  NetworkId,
  PeerId,
  PeerNetwork,
  Random,
  ReachabilityState,
} from "@gstore/core";
import { type NodeIdentity, signAddressRecord } from "@gstore/crypto";
import { parsePeerAddress } from "@gstore/p2p";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import type { SyncedFile } from "../synced-file.ts";
import { AddressBook } from "./address-book.ts";
import { AddressExchange } from "./address-exchange.ts";
import type { DiscoveryStatus, FoundBy } from "./discovery-api.ts";
import { type Incompatibility, MemberDialer } from "./member-dialer.ts";
import { MemberLookups } from "./member-lookups.ts";
import { isLoopback, ownAddresses, relayOf, withoutPeer } from "./own-addresses.ts";
import { PeerRates } from "./peer-rates.ts";

export interface DiscoveryOptions {
  readonly identity: NodeIdentity;
  readonly networkId: NetworkId;
  readonly network: PeerNetwork;
  readonly members: Members;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface DiscoverySettings {
  /** Where the address book is kept; null for in memory only. */
  readonly file: SyncedFile | null;
  /** Addresses that the user gave to connect to. */
  readonly bootstrap: readonly string[];
  /** What others are told in place of the addresses that the node listens on. */
  readonly announce?: readonly string[] | undefined;
}

/** The node's own addresses are looked at this often (ms): a laptop that moves says so within seconds. */
const LOOK_INTERVAL_MS = 2000;
/** Who was not heard of on the local network for this long (ms) and is now has come back. */
const LAN_ABSENCE_MS = 60_000;

type Connection = Pick<ConnectedPeer, "peer" | "address" | "direction" | "punched">;

/** How members find each other: who tells whom where it is, what is remembered, and who is dialled. */
export class Discovery {
  readonly exchange: AddressExchange;
  readonly rates: PeerRates = new PeerRates();
  readonly #options: DiscoveryOptions;
  /** Null: members are neither dialled by the book nor told of addresses. */
  readonly #settings: DiscoverySettings | null;
  readonly #book: AddressBook;
  readonly #dialer: MemberDialer;
  readonly #lookups: MemberLookups;
  /** As the user gave them, and as they stand in the book. */
  readonly #given: Map<string, string>;
  readonly #found = new Map<PeerId, { readonly address: string; readonly by: FoundBy | null }>();
  readonly #seenOnLanMs = new Map<PeerId, number>();
  #own: readonly string[] = [];
  /** The highest sequence that this node has signed, in a former run too. */
  #sequence = 0;
  #cancelLook: (() => void) | null = null;

  private constructor(
    options: DiscoveryOptions,
    { settings, book }: { readonly settings: DiscoverySettings | null; readonly book: AddressBook },
  ) {
    this.#settings = settings;
    this.#options = options;
    this.#book = book;
    this.#given = new Map((settings?.bootstrap ?? []).map((address) => [address, plainAddress(address)]));
    const { network, members, clock, random, logger, networkId } = options;
    const learned = (record: AddressRecord) => this.#learned(record);
    this.exchange = new AddressExchange({ networkId, network, members, book, clock, logger, learned });
    this.#lookups = new MemberLookups({ network, book, clock, logger });
    this.#dialer = new MemberDialer({
      ...{ network, book, clock, random, logger },
      wanted: () => book.peers().filter((peer) => members.get(peer) !== undefined),
      isDialable: (address) => this.#isDialable(address),
      unreached: (peer) => void this.#lookups.seek(peer),
    });
  }

  static async open(options: DiscoveryOptions, settings: DiscoverySettings | null): Promise<Discovery> {
    const { networkId, clock, random, logger } = options;
    const file = settings?.file ?? null;
    const book = await AddressBook.open({ file, networkId, clock, random, logger });
    return new Discovery(options, { settings, book });
  }

  /** The network is started. */
  start(): void {
    const { members } = this.#options;
    if (this.#settings === null) return;
    this.#forgetOthers();
    members.onChange(async () => {
      this.#forgetOthers();
      this.exchange.membersChanged();
      this.#dialer.poke();
    });
    this.#look();
    this.#dialer.start();
  }

  async stop(): Promise<void> {
    this.#cancelLook?.();
    this.#lookups.stop();
    this.#dialer.stop();
    await this.#book.close();
  }

  connected(connected: ConnectedPeer): void {
    const { peer, address, direction, punched } = connected;
    if (this.#settings === null) return;
    this.#dialer.connected(peer);
    this.#lookups.connected(peer);
    this.#found.set(peer, { address, by: this.#foundBy(connected) });
    if (direction === "outbound" && !punched) this.#book.worked(peer, withoutPeer(address));
    // Others may be reached through it.
    if (relayOf(address) === null) this.#dialer.poke();
  }

  /** A member that is connected and synced with is asked for the addresses that it knows. */
  async synced(peer: PeerId): Promise<void> {
    const { members, logger } = this.#options;
    if (this.#settings === null || members.get(peer) === undefined) return;
    try {
      await this.exchange.pull(peer);
    } catch (error) {
      // An older gstore knows no addresses; one that is gone comes again.
      logger.debug({ peer, error: String(error) }, "a peer told no addresses");
    }
    for (const member of members.all())
      if (this.#book.addresses(member.peer).length === 0) void this.#lookups.seek(member.peer);
  }

  /** What the DHT goes by. */
  get dhtHandlers(): DhtHandlers {
    const { members } = this.#options;
    return {
      isMember: (peer) => members.get(peer) !== undefined,
      record: (peer) => this.#book.record(peer)?.bytes ?? null,
      addresses: (peer) =>
        this.#book.record(peer)?.body.addresses.filter((address) => this.#isDialable(address)) ?? [],
      offered: (peer, record) => this.exchange.offered(peer, record),
    };
  }

  disconnected(peer: PeerId): void {
    this.#found.delete(peer);
    if (this.#settings !== null) this.#dialer.disconnected(peer);
  }

  /** Somebody on the local network says that a member is there, at these addresses: they are tried. */
  seenOnLan(peer: PeerId, addresses: readonly string[]): void {
    const { members, network, clock } = this.#options;
    if (this.#settings === null || peer === network.self || members.get(peer) === undefined) return;
    const now = clock.monotonic();
    const wasAway = now - (this.#seenOnLanMs.get(peer) ?? Number.NEGATIVE_INFINITY) > LAN_ABSENCE_MS;
    this.#seenOnLanMs.set(peer, now);
    const fresh = addresses.filter((address) => this.#book.learn(peer, withoutPeer(address), "lan"));
    if (fresh.length > 0 || wasAway) this.#dialer.news(peer);
  }

  incompatibility(peer: PeerId): Incompatibility | null {
    return this.#dialer.incompatibility(peer);
  }

  /** How this node came to a connection; null where the other side dialled, or both did at once. */
  foundBy(connected: Connection): FoundBy | null {
    const found = this.#found.get(connected.peer);
    return found?.address === connected.address ? found.by : this.#foundBy(connected);
  }

  #foundBy({ peer, address, direction, punched }: Connection): FoundBy | null {
    if (direction === "inbound" || punched) return null;
    const dialled = withoutPeer(address);
    const source = this.#book.sourceOf(peer, dialled);
    if ([...this.#given.values()].includes(dialled)) return "address";
    if (source === "lan") return "lan";
    if (source === "book") return "address book";
    if (source === "record") return this.#lookups.hasFound(peer) ? "dht" : "member list";
    return "address";
  }

  /** The user gave an address to connect to. */
  given(address: string): void {
    this.#given.set(address, plainAddress(address));
  }

  givenAddresses(): { readonly address: string; readonly plain: string }[] {
    return [...this.#given].map(([address, plain]) => ({ address, plain }));
  }

  /** Which of the given addresses that is, in whatever form; they are given no longer. */
  noLongerGiven(address: string): string[] {
    const meant = plainAddress(address);
    const known = [...this.#given].filter(([, plain]) => plain === meant).map(([given]) => given);
    for (const one of known) this.#given.delete(one);
    return known;
  }

  status(): Omit<DiscoveryStatus, "holders"> {
    const { network, members } = this.#options;
    const dht = network.dht?.status() ?? null;
    const { relays = [], ...state } = network.reachability?.() ?? UNKNOWN;
    const named = relays.map((peer) => ({ peer, name: members.nameOf(peer) }));
    const reach = { ...state, relays: named };
    return { addressesKnown: this.#book.count, refusedRecords: this.exchange.refused, dht, reach };
  }

  /** Signs a record where the node's addresses are others than the last one says, and tells the members. */
  #look(): void {
    const { network, clock, members } = this.#options;
    this.rates.look(network.peers(), clock.monotonic());
    const listening = network.addresses();
    const now = this.#settings?.announce?.map(plainAddress) ?? ownAddresses(listening);
    const last = this.#book.record(network.self)?.body.addresses;
    const own = listening.map(withoutPeer);
    const isChanged = own.join() !== this.#own.join();
    this.#own = own;
    const isMember = members.get(network.self) !== undefined;
    if (isMember && (last === undefined || !isSame(last, now))) this.#publish(now);
    // Nothing that was dialled from the old place says anything about the new one.
    if (isChanged) for (const peer of this.#book.peers()) this.#book.retrySoon(peer);
    if (isChanged) this.#dialer.poke();
    this.#cancelLook = clock.after(LOOK_INTERVAL_MS, () => this.#look());
  }

  #publish(addresses: readonly string[]): void {
    const { identity, networkId, network, clock } = this.#options;
    const known = this.#book.record(network.self)?.body.sequence ?? 0;
    this.#sequence = Math.max(clock.now(), known + 1, this.#sequence + 1);
    const body = { network: networkId, sequence: this.#sequence, addresses };
    const record = signAddressRecord(identity, body);
    this.#book.take(record);
    this.exchange.announce(record);
  }

  #learned({ body }: AddressRecord): void {
    const { self } = this.#options.network;
    if (body.peer !== self) {
      this.#lookups.told(body.peer);
      this.#dialer.news(body.peer);
      return;
    }
    // A former run signed a later one, on a disk or by a clock that is no more.
    this.#sequence = Math.max(this.#sequence, body.sequence);
    this.#publish(this.#book.record(self)?.body.addresses ?? []);
  }

  #isDialable(address: string): boolean {
    const relay = relayOf(address);
    // Not looked for among this node's own, which is the same text where both have a place at that relay.
    if (relay !== null) return this.#isDirect(relay);
    if (this.#own.includes(address)) return false;
    return !isLoopback(address) || this.#own.every(isLoopback);
  }

  #isDirect(peer: PeerId): boolean {
    return this.#options.network
      .peers()
      .some((one) => one.peer === peer && !one.punched && relayOf(one.address) === null);
  }

  #forgetOthers(): void {
    const { members } = this.#options;
    for (const peer of this.#book.peers()) {
      if (members.get(peer) !== undefined) continue;
      this.#book.forget(peer);
      this.#dialer.forget(peer);
      this.#lookups.forget(peer);
      this.#seenOnLanMs.delete(peer);
    }
  }
}

const UNKNOWN: ReachabilityState = {
  ...{ reached: "unknown", relays: [], places: 0, relayed: 0, refused: 0 },
  ...{ punchesTried: 0, punchesMade: 0, turnedAway: 0, forwardedPort: null },
};

/** As an address stands in the book, where it is one. */
function plainAddress(address: string): string {
  try {
    return withoutPeer(String(parsePeerAddress(address).multiaddr));
  } catch {
    return withoutPeer(address);
  }
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((address) => right.includes(address));
}
