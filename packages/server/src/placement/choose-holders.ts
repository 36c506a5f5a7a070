import type { PeerId } from "@gstore/core";
import type { Candidate } from "./rank-holders.ts";

/** What decides which of the ranked members hold a version. */
export interface HolderRules {
  readonly copies: number;
  /** Copies lie in at least so many zones, as far as there are members in so many. */
  readonly zones: number;
  /** Members that hold each version, as far as they may. */
  readonly required: readonly PeerId[];
}

/**
 * The holders among ranked candidates, in order of rank, docs/spec/placement.md: the required ones, then the best, passing
 * over those that would leave no room for the zones that are still to be reached. A member of no zone adds none.
 */
export function chooseHolders(ranked: readonly Candidate[], rules: HolderRules): Candidate[] {
  const chosen = new Set(ranked.filter(({ peer }) => rules.required.includes(peer)).slice(0, rules.copies));
  if (chosen.size === 0 && rules.zones <= 1) return ranked.slice(0, rules.copies);
  const reached = zonesOf([...chosen]);
  const toReach = Math.min(rules.zones, zonesOf(ranked).size);
  for (const candidate of ranked) {
    const left = rules.copies - chosen.size;
    if (left <= 0) break;
    if (chosen.has(candidate)) continue;
    const isNewZone = candidate.zone !== null && !reached.has(candidate.zone);
    if (!isNewZone && left <= toReach - reached.size) continue;
    chosen.add(candidate);
    if (candidate.zone !== null) reached.add(candidate.zone);
  }
  return ranked.filter((candidate) => chosen.has(candidate));
}

function zonesOf(candidates: readonly Candidate[]): Set<string> {
  return new Set(candidates.flatMap(({ zone }) => (zone === null ? [] : [zone])));
}
