import { abortedError, type Clock, type DhtHandlers, GstoreError, type PeerId } from "@gstore/core";
import type { Stream } from "@libp2p/interface";
import { TokenBucket } from "../token-bucket.ts";
import type { AddressHints } from "./address-hints.ts";
import type { DhtCounters } from "./dht-counters.ts";
import {
  DHT_ADDRESSES_DIALLED_MAX,
  DHT_ANSWER_BYTES_MAX,
  DHT_REQUEST_BYTES_MAX,
  DHT_REQUESTS_BURST,
  DHT_REQUESTS_PER_SECOND,
} from "./dht-limits.ts";
import type { DhtLink, DhtLinks } from "./dht-links.ts";
import { limitStream } from "./limit-stream.ts";
import type { Lookup } from "./lookup.ts";
import type { TableAddresses } from "./table-addresses.ts";

export interface DhtDoorsOptions {
  readonly links: DhtLinks;
  readonly handlers: DhtHandlers;
  readonly hints: AddressHints;
  readonly table: TableAddresses;
  readonly counters: DhtCounters;
  readonly clock: Clock;
}

export interface OpenOptions {
  readonly signal?: AbortSignal;
  readonly lookup?: Lookup;
}

/** What goes in and out between kad-dht and other members: who is asked, who may ask, and who enters the routing table. */
export class DhtDoors {
  readonly #options: DhtDoorsOptions;
  readonly #buckets = new Map<PeerId, TokenBucket>();
  /** Members that the DHT connected to, the one used longest ago first. */
  readonly opened: Set<PeerId> = new Set();

  constructor(options: DhtDoorsOptions) {
    this.#options = options;
  }

  /** A stream to ask a member on, which is connected to where it is not yet. */
  async open(peer: PeerId, protocol: string, { signal, lookup }: OpenOptions): Promise<Stream> {
    const { counters } = this.#options;
    lookup?.enter(peer);
    const options = signal === undefined ? {} : { signal };
    const link = await this.reach(peer, options);
    if (lookup?.enterAddress(link.address) === false) {
      counters.refuse("address");
      throw new GstoreError("TOO_BUSY", "Enough members with this address were asked.", { retryable: true });
    }
    const stream = await link.open(protocol, options);
    counters.asked++;
    limitStream(stream, DHT_ANSWER_BYTES_MAX, () => counters.refuse("surplus"));
    return stream;
  }

  /** The connection of a member, made where its record or others say that it is. */
  async reach(peer: PeerId, { signal }: { readonly signal?: AbortSignal }): Promise<DhtLink> {
    const { links, handlers, hints, counters } = this.#options;
    if (!handlers.isMember(peer)) {
      counters.refuse("stranger");
      throw new GstoreError("NOT_A_MEMBER", `${peer} is no member.`, { peer });
    }
    const connected = links.link(peer);
    if (connected !== null) return connected;
    const known = new Set([...handlers.addresses(peer), ...hints.of(peer)]);
    for (const address of [...known].slice(0, DHT_ADDRESSES_DIALLED_MAX)) {
      if (signal?.aborted) throw abortedError(signal);
      try {
        await links.connect(peer, address, signal === undefined ? {} : { signal });
      } catch {
        if (!signal?.aborted) hints.drop(peer, address);
        continue;
      }
      const link = links.link(peer);
      if (link === null) continue;
      this.opened.add(peer);
      return link;
    }
    counters.refuse("unreachable");
    throw new GstoreError("PEER_UNREACHABLE", `${peer} answers at none of its known addresses.`, {
      peer,
      retryable: true,
    });
  }

  /**
   * Whether a member may be in the routing table: it is connected, so that its certificate was checked, and there are not
   * enough others with its address. Whoever is in the table and no longer connected makes room for others.
   */
  mayBeInTable(peer: PeerId, inTable: () => ReadonlySet<PeerId>): boolean {
    const { links, handlers, table, counters } = this.#options;
    const link = links.link(peer);
    if (link === null || !handlers.isMember(peer)) return false;
    if (table.enter(peer, link.address)) return true;
    table.keepOnly(inTable());
    if (table.enter(peer, link.address)) return true;
    counters.refuse("address");
    return false;
  }

  /** Lets a member ask on a stream, or breaks it off. */
  admitStream(stream: Stream, from: PeerId): boolean {
    const { clock, counters, handlers } = this.#options;
    const now = clock.monotonic();
    const rate = { perSecond: DHT_REQUESTS_PER_SECOND, burst: DHT_REQUESTS_BURST };
    const bucket = this.#buckets.get(from) ?? new TokenBucket(rate, now);
    this.#buckets.set(from, bucket);
    if (!handlers.isMember(from) || !bucket.hasToken(now)) {
      counters.refuse(handlers.isMember(from) ? "surplus" : "stranger");
      stream.abort(new Error("refused"));
      return false;
    }
    bucket.take();
    counters.answered++;
    limitStream(stream, DHT_REQUEST_BYTES_MAX, () => counters.refuse("surplus"));
    return true;
  }

  disconnected(peer: PeerId): void {
    this.opened.delete(peer);
    if (this.#buckets.get(peer)?.isFull(this.#options.clock.monotonic())) this.#buckets.delete(peer);
  }
}
