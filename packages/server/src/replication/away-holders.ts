import type { Clock, PeerId, PeerNetwork } from "@gstore/core";
import type { Logger } from "../logger.ts";
import { within } from "../within.ts";

export interface AwayHoldersOptions {
  readonly network: PeerNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Holders that are connected to for one blob, at once. */
const REACHED_MAX = 4;
/** How long (ms) that may take, and for how long one that was not reached is not tried again. */
const REACH_TIMEOUT_MS = 10_000;
const UNREACHED_MS = 60_000;

/** Connects to members that should hold something and are not connected, where nobody who is connected has it. */
export class AwayHolders {
  readonly #options: AwayHoldersOptions;
  /** Until when (monotonic) those that were tried are not tried again. */
  readonly #again = new Map<PeerId, number>();
  readonly #reaching = new Map<PeerId, Promise<void>>();

  constructor(options: AwayHoldersOptions) {
    this.#options = options;
  }

  /** Whether one of them might be reached now. */
  mayReach(holders: ReadonlySet<PeerId>): boolean {
    return this.#options.network.dht ? this.#away(holders).length > 0 : false;
  }

  /** Resolves when those that could be reached are connected, with those that were tried. Never rejects. */
  async reach(holders: ReadonlySet<PeerId>): Promise<PeerId[]> {
    const tried = this.#away(holders);
    await Promise.all(tried.map((peer) => this.#reachOne(peer)));
    return tried;
  }

  /** Many blobs that one member should have wait for the same connection. */
  #reachOne(peer: PeerId): Promise<void> {
    const underWay = this.#reaching.get(peer);
    if (underWay !== undefined) return underWay;
    const reaching = this.#connect(peer).finally(() => this.#reaching.delete(peer));
    this.#reaching.set(peer, reaching);
    return reaching;
  }

  async #connect(peer: PeerId): Promise<void> {
    const { network, clock, logger } = this.#options;
    const controller = new AbortController();
    const attempt = async (): Promise<void> => {
      try {
        await network.dht?.reach(peer, { signal: controller.signal });
      } catch (error) {
        logger.debug({ peer, error: String(error) }, "a holder could not be reached");
      }
    };
    await within(clock, REACH_TIMEOUT_MS, attempt());
    controller.abort();
    this.#again.set(peer, clock.monotonic() + UNREACHED_MS);
  }

  #away(holders: ReadonlySet<PeerId>): PeerId[] {
    const { network, clock } = this.#options;
    const connected = new Set(network.peers().map(({ peer }) => peer));
    const now = clock.monotonic();
    for (const [peer, againAtMs] of this.#again) if (againAtMs <= now) this.#again.delete(peer);
    const isAway = (peer: PeerId): boolean =>
      peer !== network.self && !connected.has(peer) && !this.#again.has(peer);
    return [...holders].filter(isAway).slice(0, REACHED_MAX);
  }
}
