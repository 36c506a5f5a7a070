import type { Clock, EntryRecord, EntryStore } from "@gstore/core";
import type { Members } from "../membership/members.ts";
import type { Placement } from "../placement/placement.ts";

export interface WatchedParts {
  readonly members: Members;
  readonly placement: Placement;
  readonly entries: EntryStore;
  readonly clock: Clock;
}

/** Whether this node holds a copy of something that others should hold too. */
export async function isWatched(
  { members, placement, entries, clock }: WatchedParts,
  { entry, complete }: EntryRecord,
): Promise<boolean> {
  const { id, body } = entry;
  if (!complete || body.content === null) return false;
  const { dot, seq, space, keyId, membershipHeads } = body;
  // What does not count others would refuse.
  if (members.mayAuthor({ ...dot, seq, id, space, membershipHeads }) !== "yes") return false;
  if (clock.now() - body.time.wallMs < placement.historyMs(body)) return true;
  // Of what is this old only what readers see is kept for sure.
  return (await entries.heads(space, keyId)).some((head) => head.entry.id === id);
}
