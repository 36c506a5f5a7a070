import {
  type Clock,
  type Digest,
  type Entry,
  type EntryId,
  type EntryRecord,
  type EntryStore,
  onAbort,
  type PeerNetwork,
  type SpaceId,
} from "@gstore/core";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import type { Placement } from "../placement/placement.ts";
import { WorkLoop } from "../work-loop.ts";
import { moreOfSpace } from "./holdings-key.ts";
import {
  HOLDING_INTERVAL_MS,
  HOLDINGS_AGAIN_MS,
  HOLDINGS_BURST,
  HOLDINGS_LOOKED_AT_ONCE,
  HOLDINGS_TICK_MS,
  HOLDINGS_TO_LOOK_MAX,
  HOLDINGS_TOLD_MAX,
} from "./limits.ts";

export interface HoldingsOptions {
  readonly network: PeerNetwork;
  readonly members: Pick<Members, "count" | "mayHold">;
  readonly placement: Pick<Placement, "shouldHold">;
  readonly entries: EntryStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** When (monotonic ms) something was last told; null for never. */
interface Told {
  readonly root: Digest;
  readonly toldMs: number | null;
}

/**
 * Tells the members' DHT what this node holds beyond what the placement says, by the root of each version: pins, copies at
 * their author, copies that were kept. Who is to hold the rest every member finds by itself. What is given up is not told again,
 * and forgotten by the others in time. Nothing is told while all members are connected: then each asks this node anyway.
 */
export class Holdings {
  readonly #options: HoldingsOptions;
  readonly #loop = new WorkLoop(() => this.#work());
  readonly #toLook = new Set<EntryId>();
  /** The one told last stands last. */
  readonly #versions = new Map<EntryId, Told>();
  /** Spaces of which there are more, and when that was last seen. */
  readonly #more = new Map<SpaceId, { readonly seenMs: number; readonly toldMs: number | null }>();
  #tokens = HOLDINGS_BURST;
  #tokensAtMs: number;
  #told = 0;

  constructor(options: HoldingsOptions) {
    this.#options = options;
    this.#tokensAtMs = options.clock.monotonic();
  }

  /** Versions told of one by one, and how often this node told of something since its start. */
  get status(): { readonly versions: number; readonly told: number } {
    return { versions: this.#versions.size, told: this.#told };
  }

  /** The network is started. */
  start(): void {
    if (this.#options.network.dht) this.#tick();
  }

  /** A version became complete here. */
  completed(version: EntryId): void {
    if (this.#options.network.dht && this.#toLook.size < HOLDINGS_TO_LOOK_MAX) this.#toLook.add(version);
  }

  /** A version is complete here, as whoever walks through all of them has seen. */
  seen(entry: Entry): void {
    const { content, space } = entry.body;
    if (!this.#options.network.dht || content === null || !this.#isBeyond(entry)) return;
    if (this.#versions.has(entry.id)) return;
    if (this.#versions.size < HOLDINGS_TOLD_MAX)
      this.#versions.set(entry.id, { root: content.digest, toldMs: null });
    else {
      const toldMs = this.#more.get(space)?.toldMs ?? null;
      this.#more.set(space, { seenMs: this.#options.clock.monotonic(), toldMs });
    }
  }

  #tick(): void {
    const { clock, signal, logger } = this.#options;
    if (signal.aborted) return;
    const cancel = clock.after(HOLDINGS_TICK_MS, () => {
      stopListening();
      const done = this.#loop.run().catch((error: unknown) => {
        if (!signal.aborted) logger.debug({ error: String(error) }, "the DHT could not be told what is held");
      });
      void done.then(() => this.#tick());
    });
    // A timer that is left would keep the process.
    const stopListening = onAbort(signal, cancel);
  }

  async #work(): Promise<void> {
    const { network, members, entries } = this.#options;
    const connected = network.peers().length;
    if (connected === 0 || connected + 1 >= members.count) return;
    for (const version of [...this.#toLook].slice(0, HOLDINGS_LOOKED_AT_ONCE)) {
      this.#toLook.delete(version);
      const record = await entries.get(version);
      if (record?.complete) this.seen(record.entry);
    }
    while (this.#refill() >= 1 && !this.#options.signal.aborted) if (!(await this.#tellNext())) return;
  }

  /** False where nothing is due. */
  async #tellNext(): Promise<boolean> {
    const { entries } = this.#options;
    for (const [space, { seenMs, toldMs }] of this.#more) {
      if (!this.#isDue(toldMs)) continue;
      this.#more.delete(space);
      // Not seen by any walk since it was told of last.
      if (toldMs !== null && seenMs < toldMs) continue;
      this.#more.set(space, { seenMs, toldMs: await this.#tell(moreOfSpace(space)) });
      return true;
    }
    for (const [version, { root, toldMs }] of this.#versions) {
      if (!this.#isDue(toldMs)) continue;
      this.#versions.delete(version);
      const record: EntryRecord | undefined = await entries.get(version);
      if (!record?.complete || !this.#isBeyond(record.entry)) continue;
      this.#versions.set(version, { root, toldMs: await this.#tell(root) });
      return true;
    }
    return false;
  }

  /** When it was told; null where nobody took it. */
  async #tell(digest: Digest): Promise<number | null> {
    const { network, signal, clock } = this.#options;
    this.#tokens--;
    const told = (await network.dht?.tellHolding(digest, { signal }).catch(() => 0)) ?? 0;
    if (told === 0) return null;
    this.#told++;
    return clock.monotonic();
  }

  #isDue(toldMs: number | null): boolean {
    return toldMs === null || this.#options.clock.monotonic() - toldMs >= HOLDINGS_AGAIN_MS;
  }

  #isBeyond({ body }: Entry): boolean {
    const { placement, members, network } = this.#options;
    return members.mayHold(network.self, body.space) && !placement.shouldHold(network.self, body);
  }

  #refill(): number {
    const now = this.#options.clock.monotonic();
    const fresh = (now - this.#tokensAtMs) / HOLDING_INTERVAL_MS;
    this.#tokens = Math.min(HOLDINGS_BURST, this.#tokens + fresh);
    this.#tokensAtMs = now;
    return this.#tokens;
  }
}
