import { type PeerId, throwIfAborted } from "@gstore/core";
import type { NamedNode } from "../api.ts";
import type { MemberLack, SafeOptions, SafetyReport, ShortVersion } from "../copies-api.ts";
import type { NodeParts } from "../node-parts.ts";
import { oneAhead } from "../read-ahead.ts";
import type { CopySurvey, FoundCopies } from "../replication/copy-survey.ts";
import { isNarrowed, type WalkedVersion, walkVersions } from "./copies-walk.ts";
import { CopyTally, Count, WorstVersions } from "./copy-tally.ts";
import { lackOf, lastSeenMs, surveyOf } from "./whereis.ts";

/** See `CopiesOperations.safe`. */
export async function safe(parts: NodeParts, options: SafeOptions): Promise<SafetyReport> {
  const checkedMs = parts.clock.now();
  const current = new CopyTally();
  const older = new CopyTally();
  const lacks = new Lacks(parts);
  const worst = new WorstVersions();
  const { survey, versions } = surveyVersions(parts, options);
  for await (const { walked, short, found } of versions) {
    (walked.isCurrent ? current : older).add(short);
    if (short.copies >= short.wanted) continue;
    lacks.add(walked, { found, survey });
    worst.add(short);
    await options.onShort?.(short);
  }
  const report = { checkedMs, current: current.counts, older: older.counts };
  if (!isNarrowed(options)) parts.safety.note({ checkedMs, current: report.current });
  return { ...report, members: lacks.all, worst: worst.all, unasked: survey.unasked };
}

export interface SurveyedVersion {
  readonly walked: WalkedVersion;
  readonly short: ShortVersion;
  readonly found: FoundCopies;
  readonly holders: ReadonlySet<PeerId>;
}

/** Walks versions and finds out of each who holds it now, page by page. */
export function surveyVersions(
  parts: NodeParts,
  options: SafeOptions,
): { readonly survey: CopySurvey; readonly versions: AsyncGenerator<SurveyedVersion> } {
  const { stopping, placement } = parts;
  const signal = options.signal === undefined ? stopping : AbortSignal.any([options.signal, stopping]);
  const survey = surveyOf(parts, options.signal);
  async function* surveyed(): AsyncGenerator<SurveyedVersion> {
    for await (const page of oneAhead(walkVersions(parts, { ...options, signal }))) {
      const records = page.map(({ record }) => record);
      const found = await survey.find(records, ({ entry }) => placement.wanted(entry.body).copies);
      for (const walked of page) {
        throwIfAborted(signal);
        const holders = new Set(found.holders.get(walked.record.entry.id)?.keys());
        // History that was given up here and that nobody else has any more was given up everywhere.
        if (!walked.isCurrent && walked.record.dropped && holders.size === 0) continue;
        yield { walked, found, holders, short: shortVersion(parts, walked, holders) };
      }
    }
  }
  return { survey, versions: surveyed() };
}

/** What is told of a version that these members hold. */
export function shortVersion(
  { placement, members }: NodeParts,
  { record, space, key, isCurrent }: WalkedVersion,
  holders: ReadonlySet<PeerId>,
): ShortVersion {
  const { id: version, body } = record.entry;
  const { copies: wanted, min } = placement.wanted(body);
  const named = [...holders].map((peer): NamedNode => ({ peer, name: members.nameOf(peer) }));
  return {
    ...{ version, space, key, isCurrent, bytes: body.storedBytes },
    ...{ copies: holders.size, wanted, min, holders: named },
  };
}

/** Which members should hold what is short. */
class Lacks {
  readonly #parts: NodeParts;
  readonly #members = new Map<PeerId, { state: MemberLack["state"]; count: Count }>();

  constructor(parts: NodeParts) {
    this.#parts = parts;
  }

  add({ record }: WalkedVersion, about: { readonly found: FoundCopies; readonly survey: CopySurvey }): void {
    const { id, body } = record.entry;
    const holders = about.found.holders.get(id);
    for (const peer of this.#parts.placement.holders(body)) {
      if (holders?.has(peer)) continue;
      const state = lackOf(this.#parts, { peer, body }, about);
      if (state === "excluded") continue;
      const known = this.#members.get(peer) ?? { state, count: new Count() };
      known.state = state;
      known.count.add(body.storedBytes);
      this.#members.set(peer, known);
    }
  }

  get all(): MemberLack[] {
    const lacks = [...this.#members].map(([peer, { state, count }]) => ({
      ...{ peer, name: this.#parts.members.nameOf(peer), state },
      ...{ lastSeenMs: lastSeenMs(this.#parts, peer), lacking: count.counted },
    }));
    return lacks.sort((left, right) => right.lacking.versions - left.lacking.versions);
  }
}
