import type { Clock, PeerId, PeerNetwork } from "@gstore/core";
import type { Members } from "../membership/members.ts";
import type { Sightings } from "../membership/sightings.ts";

export interface AbsencesOptions {
  readonly network: PeerNetwork;
  readonly members: Members;
  readonly sightings: Sightings;
  readonly clock: Clock;
}

/** What changed since the last look. */
export interface PresenceChange {
  /** Members that are connected and were not, and how long (ms) each was away. */
  readonly returned: readonly { readonly peer: PeerId; readonly awayMs: number }[];
  /** Whether the members, or what they may hold, are others. */
  readonly isOtherLog: boolean;
}

/**
 * Since when members are away, as far as this node can say: it never reaches back before its own start, since while it was
 * down they may well have been up.
 */
export class Absences {
  readonly #options: AbsencesOptions;
  readonly #startedMs: number;
  readonly #awaySince = new Map<PeerId, number>();
  #heads = "";

  constructor(options: AbsencesOptions) {
    this.#options = options;
    this.#startedMs = options.clock.now();
  }

  /** Undefined for who is connected, or no member. */
  sinceMs(peer: PeerId): number | undefined {
    return this.#awaySince.get(peer);
  }

  /** When members went that are away. */
  all(): number[] {
    return [...this.#awaySince.values()];
  }

  look(): PresenceChange {
    const { network, members, sightings, clock } = this.#options;
    const connected = new Set(network.peers().map(({ peer }) => peer));
    const returned: { peer: PeerId; awayMs: number }[] = [];
    for (const [peer, since] of this.#awaySince) {
      const isMember = members.get(peer) !== undefined;
      if (isMember && !connected.has(peer)) continue;
      this.#awaySince.delete(peer);
      if (isMember) returned.push({ peer, awayMs: clock.now() - since });
    }
    for (const { peer } of members.all()) {
      if (peer === network.self || connected.has(peer) || this.#awaySince.has(peer)) continue;
      // Sightings are by the wall clock, which may have been wrong.
      const sinceMs = Math.max(this.#startedMs, sightings.of(peer)?.lastSeenMs ?? 0);
      this.#awaySince.set(peer, Math.min(clock.now(), sinceMs));
    }
    const heads = [...members.heads()].sort().join();
    const isOtherLog = this.#heads !== "" && heads !== this.#heads;
    this.#heads = heads;
    return { returned, isOtherLog };
  }
}
