import { COPIES_DEFAULT, type EntryBody, HISTORY_DEFAULT_MS, type PeerId } from "@gstore/core";
import type { Members } from "../membership/members.ts";
import { rankHolders } from "./rank-holders.ts";

/** Policy classes 1 to this one mean "that many copies"; 0 is the space's default. Classes above are for policies by prefix. */
export const FIXED_COPIES_CLASS_MAX = 64;

/** What of a version decides who should hold it. */
export type PlacedBody = Pick<EntryBody, "space" | "placement" | "policyClass">;

/** Copies of a version. */
export interface WantedCopies {
  /** As many as there should be; at least 1. */
  readonly copies: number;
  /** Below so many the version is in danger; at least 1, at most `copies`. */
  readonly min: number;
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
  readonly #members: Pick<Members, "holdersOf">;

  constructor(members: Pick<Members, "holdersOf">) {
    this.#members = members;
  }

  /** All members that may hold a version's space, those that should hold it first. */
  ranked(body: PlacedBody): PeerId[] {
    return rankHolders(body.placement, this.#members.holdersOf(body.space));
  }

  /** The members that should hold a version, best first. */
  holders(body: PlacedBody, options: PlacementOptions = {}): PeerId[] {
    const members = this.#among(body, options);
    const { copies } = this.#wantedAmong(body, members.length);
    return rankHolders(body.placement, members).slice(0, copies);
  }

  /** What the policy of a version says, whatever members there are. */
  policyOf({ policyClass }: Pick<PlacedBody, "space" | "policyClass">): WantedCopies {
    const copies = policyClass >= 1 && policyClass <= FIXED_COPIES_CLASS_MAX ? policyClass : COPIES_DEFAULT;
    return { copies, min: Math.min(COPIES_MIN_DEFAULT, copies) };
  }

  /** Copies wanted of a version, bounded by the members there are to hold it. */
  wanted(body: Pick<PlacedBody, "space" | "policyClass">, options: PlacementOptions = {}): WantedCopies {
    return this.#wantedAmong(body, this.#among(body, options).length);
  }

  /** Whether a member is among those that should hold a version. */
  shouldHold(peer: PeerId, body: PlacedBody): boolean {
    const members = this.#members.holdersOf(body.space);
    if (this.#wantedAmong(body, members.length).copies >= members.length) return members.includes(peer);
    return this.holders(body).includes(peer);
  }

  /** For how long a superseded version is kept, from when a node stored what supersedes it. */
  historyMs(_body: Pick<PlacedBody, "space" | "policyClass">): number {
    return HISTORY_DEFAULT_MS;
  }

  #wantedAmong(body: Pick<PlacedBody, "space" | "policyClass">, memberCount: number): WantedCopies {
    const policy = this.policyOf(body);
    const copies = Math.max(1, Math.min(policy.copies, memberCount));
    return { copies, min: Math.min(policy.min, copies) };
  }

  #among({ space }: Pick<PlacedBody, "space">, { without }: PlacementOptions): PeerId[] {
    const members = this.#members.holdersOf(space);
    return without === undefined ? members : members.filter((peer) => !without.has(peer));
  }
}

/** Two, so that a version outlives the loss of a node. */
const COPIES_MIN_DEFAULT = 2;
