import { type EntryBody, GstoreError, type PeerId } from "@gstore/core";
import type { CopyState, MemberCopy, Whereabouts, WhereisOptions } from "../copies-api.ts";
import type { NodeParts } from "../node-parts.ts";
import { isFull } from "../placement/is-full.ts";
import { CopySurvey, type FoundCopies } from "../replication/copy-survey.ts";
import { openVersion } from "./get-file.ts";
import { spaceOf } from "./space-of.ts";

/** See `CopiesOperations.whereis`. */
export async function whereis(parts: NodeParts, key: string, options: WhereisOptions): Promise<Whereabouts> {
  const { disk, placement } = parts;
  const { info, entry } = await openVersion(parts, spaceOf(parts, options.space), key, options);
  const record = await disk.entries.get(entry.id);
  if (record === undefined)
    throw new GstoreError("VERSION_NOT_FOUND", "The version is not here any more.", {
      key,
      version: entry.id,
    });
  const survey = surveyOf(parts, options.signal);
  const found = await survey.find([record]);
  const members = memberCopies(parts, entry.body, { found, survey, version: entry.id });
  const { copies: wanted, min } = placement.wanted(entry.body);
  const copies = members.filter(({ state }) => state === "holds").length;
  return { key: info.key, version: entry.id, size: info.size, copies, wanted, min, members };
}

/** A survey that ends with the node, or when its caller wants it to. */
export function surveyOf(
  { network, members, replication, clock, logger, stopping }: NodeParts,
  given: AbortSignal | undefined,
): CopySurvey {
  const signal = given === undefined ? stopping : AbortSignal.any([given, stopping]);
  return new CopySurvey({ network, members, receipts: replication.receipts, clock, logger, signal });
}

/** What a member that was not shown to hold a version is to it. */
export function lackOf(
  parts: NodeParts,
  { peer, body }: { readonly peer: PeerId; readonly body: Pick<EntryBody, "space"> },
  { found, survey }: { readonly found: FoundCopies; readonly survey: CopySurvey },
): Exclude<CopyState, "holds"> {
  if (!parts.members.mayHold(peer, body.space)) return "excluded";
  if (found.answered.has(peer)) return hadNoRoom(parts, peer) ? "full" : "lacks";
  return survey.silent.has(peer) ? "silent" : "away";
}

function hadNoRoom(parts: NodeParts, peer: PeerId): boolean {
  const { network, replication } = parts;
  return isFull(parts, peer) || (peer === network.self && replication.catchUp.noRoom > 0);
}

function memberCopies(
  parts: NodeParts,
  body: EntryBody,
  about: {
    readonly found: FoundCopies;
    readonly survey: CopySurvey;
    readonly version: Whereabouts["version"];
  },
): MemberCopy[] {
  const { members, placement } = parts;
  const placed = new Set(placement.holders(body));
  const holders = about.found.holders.get(about.version);
  const copies = members.all().map(({ peer, name }): MemberCopy => {
    const proof = holders?.get(peer) ?? null;
    return {
      ...{ peer, name, proof, isPlaced: placed.has(peer) },
      state: proof === null ? lackOf(parts, { peer, body }, about) : "holds",
      lastSeenMs: lastSeenMs(parts, peer),
    };
  });
  const rank = ({ state, isPlaced }: MemberCopy): number => (state === "holds" ? 0 : isPlaced ? 1 : 2);
  return copies.sort((left, right) => rank(left) - rank(right) || (left.name < right.name ? -1 : 1));
}

/** When this node last had a connection to a member: now, for itself and those that are connected. */
export function lastSeenMs({ network, sightings, clock }: NodeParts, peer: PeerId): number | null {
  return peer === network.self ? clock.now() : (sightings.of(peer)?.lastSeenMs ?? null);
}
