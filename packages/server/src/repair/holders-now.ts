import type { Entry, EntryId, PeerId } from "@gstore/core";
import type { HolderSurvey } from "../replication/holder-survey.ts";
import type { Distrust } from "./distrust.ts";

/** Asks who else holds versions now; who could not prove it the last time is none of them. */
export async function holdersNow(
  { survey, distrust }: { readonly survey: HolderSurvey; readonly distrust: Distrust },
  versions: readonly Entry[],
  signal: AbortSignal,
): Promise<Map<EntryId, PeerId[]>> {
  const said = await survey.holders(versions, { enough: Number.POSITIVE_INFINITY, signal });
  return new Map(
    [...said].map(([version, peers]) => [version, peers.filter((peer) => !distrust.has(peer, version))]),
  );
}
