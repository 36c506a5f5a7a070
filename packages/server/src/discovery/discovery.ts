import type {
  AddressRecord,
  Clock,
  ConnectedPeer,
  NetworkId,
  PeerId,
  PeerNetwork,
  Random,
} from "@gstore/core";
import { type NodeIdentity, signAddressRecord } from "@gstore/crypto";
import { parsePeerAddress } from "@gstore/p2p";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import type { SyncedFile } from "../synced-file.ts";
import { AddressBook } from "./address-book.ts";
import { AddressExchange } from "./address-exchange.ts";
import type { DiscoveryStatus, FoundBy } from "./discovery-api.ts";
import { MemberDialer } from "./member-dialer.ts";
import { isLoopback, ownAddresses, withoutPeer } from "./own-addresses.ts";

export interface DiscoveryOptions {
  readonly identity: NodeIdentity;
  readonly networkId: NetworkId;
  readonly network: PeerNetwork;
  readonly members: Members;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Where the address book is kept; null for in memory only. */
  readonly file: SyncedFile | null;
  /** Addresses that the user gave to connect to. */
  readonly bootstrap: readonly string[];
  /** Whether members are dialled by the book, and told of addresses. */
  readonly isOn: boolean;
}

/** The node's own addresses are looked at this often (ms): a laptop that moves says so within seconds. */
const LOOK_INTERVAL_MS = 2000;

/** How members find each other: who tells whom where it is, what is remembered, and who is dialled. */
export class Discovery {
  readonly exchange: AddressExchange;
  readonly #options: DiscoveryOptions;
  readonly #book: AddressBook;
  readonly #dialer: MemberDialer;
  readonly #given: Set<string>;
  #own: readonly string[] = [];
  /** The highest sequence that this node has signed, in a former run too. */
  #sequence = 0;
  #cancelLook: (() => void) | null = null;

  private constructor(options: DiscoveryOptions, book: AddressBook) {
    this.#options = options;
    this.#book = book;
    this.#given = new Set(options.bootstrap.map(plainAddress));
    const { network, members, clock, random, logger, networkId } = options;
    const learned = (record: AddressRecord) => this.#learned(record);
    this.exchange = new AddressExchange({ networkId, network, members, book, clock, logger, learned });
    this.#dialer = new MemberDialer({
      ...{ network, book, clock, random, logger },
      wanted: () => book.peers().filter((peer) => members.get(peer) !== undefined),
      isDialable: (address) => this.#isDialable(address),
    });
  }

  static async open(options: DiscoveryOptions): Promise<Discovery> {
    const { file, networkId, clock, random, logger } = options;
    return new Discovery(options, await AddressBook.open({ file, networkId, clock, random, logger }));
  }

  /** The network is started. */
  start(): void {
    const { members, isOn } = this.#options;
    if (!isOn) return;
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
    this.#dialer.stop();
    await this.#book.close();
  }

  connected({ peer, address, direction }: ConnectedPeer): void {
    if (!this.#options.isOn) return;
    this.#dialer.connected(peer);
    if (direction === "outbound") this.#book.worked(peer, withoutPeer(address));
  }

  /** A member that is connected and synced with is asked for the addresses that it knows. */
  async synced(peer: PeerId): Promise<void> {
    const { isOn, members, logger } = this.#options;
    if (!isOn || members.get(peer) === undefined) return;
    try {
      await this.exchange.pull(peer);
    } catch (error) {
      // An older gstore knows no addresses; one that is gone comes again.
      logger.debug({ peer, error: String(error) }, "a peer told no addresses");
    }
  }

  disconnected(peer: PeerId): void {
    if (this.#options.isOn) this.#dialer.disconnected(peer);
  }

  /** How this node came to a connection; null where the other side dialled. */
  foundBy({
    peer,
    address,
    direction,
  }: Pick<ConnectedPeer, "peer" | "address" | "direction">): FoundBy | null {
    if (direction === "inbound") return null;
    const dialled = withoutPeer(address);
    const source = this.#book.sourceOf(peer, dialled);
    if (this.#given.has(dialled)) return "address";
    if (source === "lan") return "lan";
    if (source === "book") return "address book";
    return source === "record" ? "member list" : "address";
  }

  /** The user gave an address to connect to. */
  given(address: string): void {
    this.#given.add(plainAddress(address));
  }

  status(): DiscoveryStatus {
    return { addressesKnown: this.#book.count, refusedRecords: this.exchange.refused };
  }

  /** Signs a record where the node's addresses are others than the last one says, and tells the members. */
  #look(): void {
    const { network, clock, members } = this.#options;
    const now = ownAddresses(network.addresses());
    const last = this.#book.record(network.self)?.body.addresses;
    const isChanged = now.join() !== this.#own.join();
    this.#own = now;
    const isMember = members.get(network.self) !== undefined;
    if (isMember && (last === undefined || !isSame(last, now))) this.#publish();
    // Nothing that was dialled from the old place says anything about the new one.
    if (isChanged) for (const peer of this.#book.peers()) this.#book.retrySoon(peer);
    if (isChanged) this.#dialer.poke();
    this.#cancelLook = clock.after(LOOK_INTERVAL_MS, () => this.#look());
  }

  #publish(): void {
    const { identity, networkId, network, clock } = this.#options;
    const known = this.#book.record(network.self)?.body.sequence ?? 0;
    this.#sequence = Math.max(clock.now(), known + 1, this.#sequence + 1);
    const body = { network: networkId, sequence: this.#sequence, addresses: this.#own };
    const record = signAddressRecord(identity, body);
    this.#book.take(record);
    this.exchange.announce(record);
  }

  #learned({ body }: AddressRecord): void {
    const { self } = this.#options.network;
    if (body.peer !== self) {
      this.#dialer.news(body.peer);
      return;
    }
    // A former run signed a later one, on a disk or by a clock that is no more.
    this.#sequence = Math.max(this.#sequence, body.sequence);
    this.#publish();
  }

  #isDialable(address: string): boolean {
    if (this.#own.includes(address)) return false;
    return !isLoopback(address) || this.#own.every(isLoopback);
  }

  #forgetOthers(): void {
    const { members } = this.#options;
    for (const peer of this.#book.peers()) {
      if (members.get(peer) !== undefined) continue;
      this.#book.forget(peer);
      this.#dialer.forget(peer);
    }
  }
}

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
