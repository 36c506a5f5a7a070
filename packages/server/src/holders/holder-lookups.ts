import type { Clock, Digest, PeerId, PeerNetwork, SpaceId } from "@gstore/core";
import type { Logger } from "../logger.ts";
import type { Members } from "../membership/members.ts";
import { within } from "../within.ts";
import { moreOfSpace } from "./holdings-key.ts";
import {
  HOLDER_LOOKUP_AGAIN_MS,
  HOLDER_LOOKUP_TIMEOUT_MS,
  HOLDER_LOOKUPS_KEPT_MAX,
  HOLDER_UPKEEP_INTERVAL_MS,
} from "./limits.ts";

export interface HolderLookupsOptions {
  readonly network: PeerNetwork;
  readonly members: Pick<Members, "count" | "mayHold">;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A version, by what its blobs hang on. */
export interface SoughtVersion {
  readonly root: Digest;
  readonly space: SpaceId;
  /** Nobody waits for it: it is not looked up where another was just now. */
  readonly isUpkeep: boolean;
}

interface Outcome {
  readonly found: Promise<PeerId[]>;
  readonly untilMs: number;
}

/** Asks the members' DHT who holds a version where nobody who is connected has it. What it says is hearsay: they are asked. */
export class HolderLookups {
  readonly #options: HolderLookupsOptions;
  /** By root, the oldest first. */
  readonly #outcomes = new Map<Digest, Outcome>();
  /** Who was named for a root and does not have it; as long as the outcome is remembered. */
  readonly #refuted = new Map<Digest, Set<PeerId>>();
  #upkeepAgainMs = 0;
  readonly #counts = { lookups: 0, found: 0, refuted: 0 };

  constructor(options: HolderLookupsOptions) {
    this.#options = options;
  }

  /** Since the start: lookups, those that named somebody, and members named that could not be reached or did not have it. */
  get status(): { readonly lookups: number; readonly found: number; readonly refuted: number } {
    return { ...this.#counts };
  }

  /** Members that are not connected and said to hold a version, which are to be asked. Never rejects. */
  async find(version: SoughtVersion): Promise<PeerId[]> {
    const { clock, network, members } = this.#options;
    const now = clock.monotonic();
    // Who is connected has been asked. Who is not, and is everybody's to dial, is nobody where all are.
    if (!network.dht || network.peers().length === 0 || network.peers().length + 1 >= members.count)
      return [];
    const known = this.#outcomes.get(version.root);
    if (known !== undefined && known.untilMs > now) return await known.found;
    if (version.isUpkeep && now < this.#upkeepAgainMs) return [];
    if (version.isUpkeep) this.#upkeepAgainMs = now + HOLDER_UPKEEP_INTERVAL_MS;
    const found = this.#lookUp(version);
    this.#forget(version.root);
    for (const root of this.#outcomes.keys()) {
      if (this.#outcomes.size < HOLDER_LOOKUPS_KEPT_MAX) break;
      this.#forget(root);
    }
    this.#outcomes.set(version.root, { found, untilMs: now + HOLDER_LOOKUP_AGAIN_MS });
    return await found;
  }

  /** A member that was named does not have it, or is not there. It counts once for what was found. */
  refute(root: Digest, peer: PeerId): void {
    const refuted = this.#refuted.get(root) ?? new Set();
    if (refuted.has(peer) || !this.#outcomes.has(root)) return;
    this.#refuted.set(root, refuted.add(peer));
    this.#counts.refuted++;
    this.#options.logger.debug({ peer, root }, "a member does not have what it is said to hold");
  }

  #forget(root: Digest): void {
    this.#outcomes.delete(root);
    this.#refuted.delete(root);
  }

  /** Those that tell of this version; where there are none, those that have more of its space than they tell of. */
  async #lookUp({ root, space }: SoughtVersion): Promise<PeerId[]> {
    this.#counts.lookups++;
    const controller = new AbortController();
    const { network, members, clock } = this.#options;
    let found: PeerId[] = [];
    const lookUp = async (): Promise<void> => {
      for (const digest of [root, moreOfSpace(space)]) {
        const named = await this.#holders(digest, controller.signal);
        const connected = new Set(network.peers().map(({ peer }) => peer));
        found = named.filter((peer) => members.mayHold(peer, space) && !connected.has(peer));
        if (found.length > 0) return;
      }
    };
    await within(clock, HOLDER_LOOKUP_TIMEOUT_MS, lookUp());
    controller.abort();
    if (found.length > 0) this.#counts.found++;
    return found;
  }

  async #holders(digest: Digest, signal: AbortSignal): Promise<PeerId[]> {
    try {
      return (await this.#options.network.dht?.findHolders(digest, { signal })) ?? [];
    } catch (error) {
      this.#options.logger.debug({ error: String(error) }, "holders were not looked up");
      return [];
    }
  }
}
