import {
  COPIES_DEFAULT,
  type EntryBody,
  HISTORY_DEFAULT_MS,
  type PeerId,
  type PolicyRules,
  type SpaceId,
} from "@gstore/core";
import type { Members } from "../membership/members.ts";
import { chooseHolders, type HolderRules } from "./choose-holders.ts";
import type { FullPeers } from "./full-peers.ts";
import { type Candidate, rankHolders } from "./rank-holders.ts";

/** Policy classes 1 to this one mean "that many copies"; 0 is the space's default. Classes above are for policies by prefix. */
export const FIXED_COPIES_CLASS_MAX = 64;

/** What holds where no policy was set: two copies at the least, so that a version outlives the loss of a node. */
export const POLICY_DEFAULT: PolicyRules = {
  copies: COPIES_DEFAULT,
  min: 2,
  zones: 1,
  required: [],
  historyMs: HISTORY_DEFAULT_MS,
};

/** What of a version decides who should hold it. */
export type PlacedBody = Pick<EntryBody, "space" | "placement" | "policyClass">;
type ClassedBody = Pick<PlacedBody, "space" | "policyClass">;

/** Copies of a version. */
export interface WantedCopies {
  /** As many as there should be; at least 1. */
  readonly copies: number;
  /** Below so many the version is in danger; at least 1, at most `copies`. */
  readonly min: number;
}

/** What a policy says of the versions under it. */
export interface PlacingRules extends WantedCopies, HolderRules {
  readonly historyMs: number;
}

export interface PlacementOptions {
  /** Members that are treated as if they were none. */
  readonly without?: ReadonlySet<PeerId>;
}

/**
 * Who should hold which version, by the membership log as this node knows it: all nodes with the same log find the same,
 * without talking. Cheap enough to be asked of every version.
 */
export class Placement {
  readonly #members: Pick<Members, "state" | "holdersOf">;
  readonly #full: Pick<FullPeers, "has">;
  /** What was found for the log as it was then. */
  #found: {
    readonly state: Members["state"];
    readonly ranks: Map<string, Candidate[]>;
    candidates: Candidates;
  };

  constructor(
    members: Pick<Members, "state" | "holdersOf">,
    full: Pick<FullPeers, "has"> = { has: () => false },
  ) {
    this.#members = members;
    this.#full = full;
    this.#found = { state: members.state, ranks: new Map(), candidates: new Map() };
  }

  /** All members that may hold a version's space and are not being drained, those that should hold it first. */
  ranked(body: PlacedBody): PeerId[] {
    const ranked = this.#ranked(body, {});
    const holders = this.#choose(ranked, body);
    const isHolder = new Set(holders);
    return peersOf([...holders, ...ranked.filter((candidate) => !isHolder.has(candidate))]);
  }

  /**
   * Those of {@link ranked} that are asked to take a new copy: who refused one for want of room not long ago is passed over.
   * What it has already stays where it is, so this is for nothing but giving.
   */
  takers(body: PlacedBody): PeerId[] {
    return this.ranked(body).filter((peer) => !this.#full.has(peer));
  }

  /** The members that should hold a version, best first. */
  holders(body: PlacedBody, options: PlacementOptions = {}): PeerId[] {
    return peersOf(this.#choose(this.#ranked(body, options), body));
  }

  /** What the policy of a version says, whatever members there are. */
  policyOf({ space, policyClass }: ClassedBody): PlacingRules {
    const policies = this.#members.state.spaces.get(space)?.policies;
    const byDefault = policies?.get(0)?.rules ?? POLICY_DEFAULT;
    const historyMs = byDefault.historyMs ?? HISTORY_DEFAULT_MS;
    if (policyClass >= 1 && policyClass <= FIXED_COPIES_CLASS_MAX) {
      const min = Math.min(POLICY_DEFAULT.min, policyClass);
      return { copies: policyClass, min, zones: 1, required: [], historyMs };
    }
    const rules = policies?.get(policyClass)?.rules ?? byDefault;
    return { ...rules, historyMs: rules.historyMs ?? historyMs };
  }

  /** Copies wanted of a version, bounded by the members there are to hold it. */
  wanted(body: ClassedBody, { without }: PlacementOptions = {}): WantedCopies {
    const candidates = this.#candidates(body.space);
    const left = without === undefined ? candidates : candidates.filter(({ peer }) => !without.has(peer));
    return this.#bounded(body, left.length);
  }

  /** Whether a member is among those that should hold a version. */
  shouldHold(peer: PeerId, body: PlacedBody): boolean {
    const candidates = this.#candidates(body.space);
    if (this.#bounded(body, candidates.length).copies >= candidates.length)
      return candidates.some((candidate) => candidate.peer === peer);
    return this.#choose(this.#ranked(body, {}), body).some((holder) => holder.peer === peer);
  }

  /** Whether a copy at a member is one of those that are wanted for long: not where it may hold none, or is being drained. */
  counts(peer: PeerId, { space }: Pick<PlacedBody, "space">): boolean {
    return this.#candidates(space).some((candidate) => candidate.peer === peer);
  }

  /** For how long a superseded version is kept, from when a node stored what supersedes it. */
  historyMs(body: ClassedBody): number {
    return this.policyOf(body).historyMs;
  }

  /** The shortest of all policies of the spaces that this node knows of, and of where none says anything. */
  shortestHistoryMs(): number {
    let shortest = HISTORY_DEFAULT_MS;
    for (const { policies } of this.#members.state.spaces.values())
      for (const { rules } of policies.values()) shortest = Math.min(shortest, rules.historyMs ?? shortest);
    return shortest;
  }

  #bounded(body: ClassedBody, memberCount: number): WantedCopies {
    const policy = this.policyOf(body);
    const copies = Math.max(1, Math.min(policy.copies, memberCount));
    return { copies, min: Math.min(policy.min, copies) };
  }

  #choose(ranked: readonly Candidate[], body: ClassedBody): Candidate[] {
    const { copies } = this.#bounded(body, ranked.length);
    return chooseHolders(ranked, { ...this.policyOf(body), copies });
  }

  #ranked({ space, placement }: PlacedBody, { without }: PlacementOptions): readonly Candidate[] {
    const candidates = this.#candidates(space);
    const { ranks } = this.#found;
    const key = placement + space;
    let ranked = ranks.get(key);
    if (ranked === undefined) {
      ranked = rankHolders(placement, candidates);
      if (ranks.size >= RANKS_MAX) ranks.clear();
      ranks.set(key, ranked);
    }
    return without === undefined ? ranked : ranked.filter(({ peer }) => !without.has(peer));
  }

  #candidates(space: SpaceId): readonly Candidate[] {
    const { state } = this.#members;
    if (state !== this.#found.state) this.#found = { state, ranks: new Map(), candidates: new Map() };
    const { candidates } = this.#found;
    let found = candidates.get(space);
    if (found === undefined) {
      const all = this.#members.holdersOf(space);
      const staying = all.filter((peer) => state.members.get(peer)?.isDraining !== true);
      found = (staying.length > 0 ? staying : all).map((peer) => {
        const { capacityBytes, zone } = state.members.get(peer) ?? { capacityBytes: null, zone: null };
        return { peer, weight: capacityBytes ?? WEIGHT_DEFAULT, zone };
      });
      if (candidates.size >= SPACES_MAX) candidates.clear();
      candidates.set(space, found);
    }
    return found;
  }
}

type Candidates = Map<SpaceId, readonly Candidate[]>;

function peersOf(candidates: readonly Candidate[]): PeerId[] {
  return candidates.map(({ peer }) => peer);
}

/** Bytes that a member counts for that did not say how much it can hold. */
const WEIGHT_DEFAULT = 100_000_000_000;
/** Ranks remembered: the versions of a page share placements, and one put asks several times. */
const RANKS_MAX = 1024;
/** Spaces whose members are remembered. */
const SPACES_MAX = 256;
