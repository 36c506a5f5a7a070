import {
  abortedError,
  type Clock,
  type DhtHandlers,
  type DhtStatus,
  type Digest,
  GstoreError,
  type MemberDht,
  type NetworkId,
  type PeerId,
} from "@gstore/core";
import type { QueryEvent } from "@libp2p/kad-dht";
import { peerIdFromString } from "@libp2p/peer-id";
import type { PeerNetworkLogger } from "../logger.ts";
import { withTimeout } from "../with-timeout.ts";
import { AddressHints } from "./address-hints.ts";
import { DhtCounters } from "./dht-counters.ts";
import { DhtDoors } from "./dht-doors.ts";
import { holderKey, recordKey } from "./dht-keys.ts";
import {
  DHT_ASKED_PER_ADDRESS_MAX,
  DHT_ASKED_PER_LOOKUP_MAX,
  DHT_CONNECTIONS_KEPT_MAX,
  DHT_LOOKUP_TIMEOUT_MS,
  DHT_MEMBERS_PER_ADDRESS_MAX,
  DHT_RECORDS_ENOUGH,
  DHT_REFRESH_MIN_MS,
  DHT_REFRESH_MS,
  DHT_SETTLE_MS,
} from "./dht-limits.ts";
import type { DhtLinks } from "./dht-links.ts";
import { HolderRecords } from "./holder-records.ts";
import { createKadNode, type KadNode } from "./kad-node.ts";
import { Lookup } from "./lookup.ts";
import { LookupSlots } from "./lookup-slots.ts";
import { idOf } from "./peer-ids.ts";
import { TableAddresses } from "./table-addresses.ts";

export interface KadMemberDhtOptions {
  readonly network: NetworkId;
  readonly links: DhtLinks;
  readonly handlers: DhtHandlers;
  readonly clock: Clock;
  readonly logger: PeerNetworkLogger;
  /** Told of each answer to this node's lookups: who gave it, and whom it names. For tests and measurements. */
  readonly answered?: (from: PeerId, named: readonly PeerId[]) => void;
  /** Connected members above which connections that lookups made are closed again. */
  readonly connectionsMax: number;
  /** Other caps than the defaults, for networks that are all on one machine. */
  readonly limits?: Partial<DhtLimits> | undefined;
}

export interface DhtLimits {
  readonly membersPerAddress: number;
  readonly asked: number;
  readonly askedPerAddress: number;
}

const DEFAULTS: DhtLimits = {
  membersPerAddress: DHT_MEMBERS_PER_ADDRESS_MAX,
  asked: DHT_ASKED_PER_LOOKUP_MAX,
  askedPerAddress: DHT_ASKED_PER_ADDRESS_MAX,
};

/** {@link MemberDht} by libp2p's kad-dht. */
export class KadMemberDht implements MemberDht {
  readonly #options: KadMemberDhtOptions;
  readonly #limits: DhtLimits;
  readonly #counters = new DhtCounters();
  readonly #holders: HolderRecords;
  readonly #table: TableAddresses;
  readonly #hints = new AddressHints();
  readonly #doors: DhtDoors;
  readonly #slots = new LookupSlots();
  readonly #stopping = new AbortController();
  #node: KadNode | null = null;
  /** Members in the table when its surroundings were last looked at, and when that was. */
  #settled: { readonly members: number; readonly atMs: number } | null = null;
  #cancelRefresh: (() => void) | null = null;

  constructor(options: KadMemberDhtOptions) {
    const { links, handlers, clock } = options;
    this.#options = options;
    this.#limits = { ...DEFAULTS, ...options.limits };
    this.#holders = new HolderRecords(clock);
    this.#table = new TableAddresses(this.#limits.membersPerAddress);
    const parts = { hints: this.#hints, table: this.#table, counters: this.#counters };
    this.#doors = new DhtDoors({ links, handlers, clock, ...parts });
  }

  async start(): Promise<void> {
    const { network, links, handlers, clock, answered } = this.#options;
    this.#node = await createKadNode({
      ...{ network, links, handlers, clock, answered },
      ...{ doors: this.#doors, hints: this.#hints, holders: this.#holders, counters: this.#counters },
      leftTable: (peer) => this.#table.leave(peer),
    });
    await this.#node.start();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new GstoreError("ABORTED", "The node was stopped."));
    this.#cancelRefresh?.();
    await this.#node?.stop();
  }

  /** A member is connected: it may enter the routing table. */
  connected(peer: PeerId): void {
    this.#node?.routingTable.queueRoutingTableUpdate(peerIdFromString(peer));
    if (this.#cancelRefresh === null) this.#refreshIn(DHT_SETTLE_MS);
  }

  disconnected(peer: PeerId): void {
    this.#doors.disconnected(peer);
  }

  async findRecords(peer: PeerId, options: { signal?: AbortSignal } = {}): Promise<Uint8Array[]> {
    const given = new Map<PeerId, Uint8Array>();
    await this.#lookUp(options.signal, async (node, lookup) => {
      for await (const event of node.get(recordKey(peer), lookup)) {
        // What comes back from members that are told of a newer one is no answer.
        if (event.name !== "PEER_RESPONSE" || event.messageName !== "GET_VALUE") continue;
        const value = event.record?.value;
        if (value === undefined) continue;
        given.set(idOf(event.from), new Uint8Array(value));
        if (given.size >= DHT_RECORDS_ENOUGH) return;
      }
    });
    const known = this.#options.handlers.record(peer);
    const isKnown = (record: Uint8Array): boolean => known !== null && Buffer.compare(known, record) === 0;
    if (given.size > 0) this.#counters.found++;
    // What was newest among them is what the node knows by now.
    return [...given.values()].sort((left, right) => Number(isKnown(right)) - Number(isKnown(left)));
  }

  async findHolders(digest: Digest, options: { signal?: AbortSignal } = {}): Promise<PeerId[]> {
    const found = new Set<PeerId>();
    await this.#lookUp(options.signal, async (node, lookup) => {
      let answers = 0;
      for await (const event of node.findProviders(holderKey(digest), lookup)) {
        if (event.name !== "PEER_RESPONSE" || event.providers.length === 0) continue;
        for (const { id } of event.providers) found.add(idOf(id));
        if (++answers >= DHT_RECORDS_ENOUGH) return;
      }
    });
    found.delete(this.#options.links.self);
    if (found.size > 0) this.#counters.found++;
    return [...found];
  }

  async tellHolding(digest: Digest, options: { signal?: AbortSignal } = {}): Promise<number> {
    let told = 0;
    await this.#lookUp(options.signal, async (node, lookup) => {
      for await (const event of node.provide(holderKey(digest), lookup))
        if (event.name === "PEER_RESPONSE" && event.messageName === "ADD_PROVIDER") told++;
    });
    return told;
  }

  async reach(peer: PeerId, options: { signal?: AbortSignal } = {}): Promise<void> {
    await this.#doors.reach(peer, options);
    this.#closeSurplus();
  }

  async refresh(options: { signal?: AbortSignal } = {}): Promise<void> {
    const { links, handlers } = this.#options;
    const record = handlers.record(links.self);
    await this.#lookUp(options.signal, async (node, lookup) => {
      const self = peerIdFromString(links.self).toMultihash().bytes;
      await drain(node.getClosestPeers(self, lookup));
    });
    if (record === null) return;
    await this.#lookUp(options.signal, (node, lookup) =>
      drain(node.put(recordKey(links.self), record, lookup)),
    );
  }

  status(): DhtStatus {
    const { lookups, found, asked, answered, refused } = this.#counters;
    return {
      members: this.#node?.routingTable.size ?? 0,
      holderRecords: this.#holders.count,
      ...{ lookups, found, asked, answered },
      refused: { ...refused },
    };
  }

  /** Runs one lookup in its turn, bounded. What ends it early is no failure of it, unless it is the caller's signal. */
  async #lookUp(
    signal: AbortSignal | undefined,
    work: (node: KadNode, options: { signal: AbortSignal; lookup: Lookup }) => Promise<void>,
  ): Promise<void> {
    const node = this.#node;
    if (node === null || this.#stopping.signal.aborted)
      throw new GstoreError("NOT_RUNNING", "The network is not started.");
    const given =
      signal === undefined ? this.#stopping.signal : AbortSignal.any([signal, this.#stopping.signal]);
    const run = async (): Promise<void> => {
      const error = (): Error => new GstoreError("TIMEOUT", "A lookup took too long.", { retryable: true });
      const limit = withTimeout(this.#options.clock, {
        signal: given,
        timeoutMs: DHT_LOOKUP_TIMEOUT_MS,
        error,
      });
      const lookup = new Lookup(this.#limits);
      this.#counters.lookups++;
      try {
        await work(node, { signal: limit.signal, lookup });
      } catch (cause) {
        // kad-dht also rejects where single members answer wrongly: what was found till then counts.
        if (given.aborted) throw abortedError(given);
        this.#options.logger.debug({ error: String(cause) }, "a lookup ended early");
      } finally {
        limit.clear();
        this.#closeSurplus();
      }
    };
    await this.#slots.run(run, given);
  }

  #closeSurplus(): void {
    const { links, connectionsMax } = this.#options;
    for (const peer of [...this.#doors.opened]) {
      if (this.#doors.opened.size <= DHT_CONNECTIONS_KEPT_MAX || links.count() <= connectionsMax) return;
      this.#doors.opened.delete(peer);
      links.disconnect(peer);
    }
  }

  #refreshIn(delayMs: number): void {
    this.#cancelRefresh?.();
    this.#cancelRefresh = this.#options.clock.after(delayMs, () => void this.#refreshIfDue());
  }

  /** Looks around where many are new in the table, and twice a day. */
  async #refreshIfDue(): Promise<void> {
    const { clock, logger } = this.#options;
    const members = this.#node?.routingTable.size ?? 0;
    const ageMs = this.#settled === null ? DHT_REFRESH_MS : clock.monotonic() - this.#settled.atMs;
    const grew = members >= 1.5 * (this.#settled?.members ?? 0);
    if (members > 0 && (grew || ageMs >= DHT_REFRESH_MS)) {
      this.#settled = { members, atMs: clock.monotonic() };
      await this.refresh().catch((error: unknown) =>
        logger.debug({ error: String(error) }, "the DHT was not refreshed"),
      );
    }
    if (this.#stopping.signal.aborted) return;
    this.#cancelRefresh = null;
    this.#refreshIn(DHT_REFRESH_MIN_MS);
  }
}

async function drain(events: AsyncIterable<QueryEvent | unknown>): Promise<void> {
  for await (const _event of events);
}
