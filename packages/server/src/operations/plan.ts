import type { PeerId } from "@gstore/core";
import type { PlannedCounts, PlanOptions, PlanReport } from "../copies-api.ts";
import type { NodeParts } from "../node-parts.ts";
import { CopyTally, Count, WorstVersions } from "./copy-tally.ts";
import { shortVersion, surveyVersions } from "./safe.ts";

/** See `CopiesOperations.plan`. */
export async function plan(parts: NodeParts, options: PlanOptions): Promise<PlanReport> {
  const { placement, members, clock } = parts;
  const checkedMs = clock.now();
  const gone = new Set(options.without.map((one) => members.find(one).peer));
  const current = new PlanTally();
  const older = new PlanTally();
  const fetching = new Map<PeerId, Count>();
  const fewerWanted = new Count();
  const worst = new WorstVersions();
  const { survey, versions } = surveyVersions(parts, options);
  for await (const { walked, short, holders } of versions) {
    const { body } = walked.record.entry;
    const left = new Set([...holders].filter((peer) => !gone.has(peer)));
    const after = shortVersion(parts, walked, left);
    (walked.isCurrent ? current : older).add(short, after);
    if (after.copies < after.wanted) worst.add(after);
    const wanted = placement.wanted(body, { without: gone });
    if (wanted.copies < short.wanted) fewerWanted.add(body.storedBytes);
    // What nobody has nobody can fetch.
    if (left.size === 0) continue;
    for (const peer of placement.holders(body, { without: gone })) {
      if (left.has(peer)) continue;
      const count = fetching.get(peer) ?? new Count();
      count.add(body.storedBytes);
      fetching.set(peer, count);
    }
  }
  const targets = [...fetching].map(([peer, count]) => ({
    ...{ peer, name: members.nameOf(peer), fetching: count.counted },
  }));
  return {
    checkedMs,
    without: [...gone].map((peer) => ({ peer, name: members.nameOf(peer) })),
    current: current.counts,
    older: older.counts,
    members: targets.sort((left, right) => right.fetching.bytes - left.fetching.bytes),
    fewerWanted: fewerWanted.counted,
    worst: worst.all,
    unasked: survey.unasked,
  };
}

/** Counts versions as they are and as they would be. */
class PlanTally {
  readonly #before = new CopyTally();
  readonly #after = new CopyTally();
  readonly #lost = new Count();

  add(before: Parameters<CopyTally["add"]>[0], after: Parameters<CopyTally["add"]>[0]): void {
    this.#before.add(before);
    this.#after.add(after);
    if (before.copies > 0 && after.copies === 0) this.#lost.add(before.bytes);
  }

  get counts(): PlannedCounts {
    return { before: this.#before.counts, after: this.#after.counts, lost: this.#lost.counted };
  }
}
