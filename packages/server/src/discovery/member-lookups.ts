import type { Clock, PeerId, PeerNetwork } from "@gstore/core";
import type { Logger } from "../logger.ts";
import type { AddressBook } from "./address-book.ts";

export interface MemberLookupsOptions {
  readonly network: PeerNetwork;
  readonly book: Pick<AddressBook, "record">;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Sought {
  readonly failures: number;
  /** Monotonic: not looked for again before. */
  readonly againAtMs: number;
}

/** Members looked for at once: others have their turn when they are dialled in vain again. */
const MEMBER_LOOKUPS_AT_ONCE_MAX = 2;
/** One that was looked for is again after the first delay (ms), doubled to the second. */
const MEMBER_LOOKUP_DELAY_MIN_MS = 30_000;
const MEMBER_LOOKUP_DELAY_MAX_MS = 3600_000;

/** Asks the DHT for the addresses of members that answer at none of those that are known, ever less often while it knows none. */
export class MemberLookups {
  readonly #options: MemberLookupsOptions;
  readonly #sought = new Map<PeerId, Sought>();
  readonly #found = new Set<PeerId>();
  readonly #running = new Set<PeerId>();
  readonly #stopping = new AbortController();

  constructor(options: MemberLookupsOptions) {
    this.#options = options;
  }

  /** Whether the latest address record of a member was found by a lookup. */
  hasFound(peer: PeerId): boolean {
    return this.#found.has(peer);
  }

  /** A member can't be reached: it is looked for, unless that was done just now. Never rejects. */
  async seek(peer: PeerId): Promise<void> {
    const { network, clock, book, logger } = this.#options;
    const { dht } = network;
    const connected = network.peers();
    if (!dht || connected.length === 0 || connected.some((one) => one.peer === peer)) return;
    const { failures, againAtMs } = this.#sought.get(peer) ?? { failures: 0, againAtMs: 0 };
    if (clock.monotonic() < againAtMs || this.#stopping.signal.aborted) return;
    if (this.#running.has(peer) || this.#running.size >= MEMBER_LOOKUPS_AT_ONCE_MAX) return;
    this.#running.add(peer);
    const sequence = () => book.record(peer)?.body.sequence ?? 0;
    const before = sequence();
    try {
      await dht.findRecords(peer, { signal: this.#stopping.signal });
    } catch (error) {
      logger.debug({ peer, error: String(error) }, "a member was not looked for");
    }
    this.#running.delete(peer);
    if (sequence() > before) this.#found.add(peer);
    const delayMs = MEMBER_LOOKUP_DELAY_MIN_MS * 2 ** Math.min(failures, 16);
    const again = clock.monotonic() + Math.min(delayMs, MEMBER_LOOKUP_DELAY_MAX_MS);
    this.#sought.set(peer, { failures: failures + 1, againAtMs: again });
  }

  /** A member is there: it is looked for at once when it is lost again. */
  connected(peer: PeerId): void {
    this.#sought.delete(peer);
  }

  /** Its addresses came another way. */
  told(peer: PeerId): void {
    if (!this.#running.has(peer)) this.#found.delete(peer);
  }

  forget(peer: PeerId): void {
    this.#sought.delete(peer);
    this.#found.delete(peer);
  }

  stop(): void {
    this.#stopping.abort();
  }
}
