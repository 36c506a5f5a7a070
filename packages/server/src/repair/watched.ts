import type { EntryRecord } from "@gstore/core";
import type { History } from "../collection/history.ts";
import type { Members } from "../membership/members.ts";

export interface WatchedParts {
  readonly members: Members;
  readonly history: Pick<History, "isPast">;
}

/** Whether this node holds a copy of something that others should hold too. */
export async function isWatched({ members, history }: WatchedParts, record: EntryRecord): Promise<boolean> {
  const { entry, complete } = record;
  const { id, body } = entry;
  if (!complete || body.content === null) return false;
  const { dot, seq, space, membershipHeads } = body;
  // What does not count others would refuse.
  if (members.mayAuthor({ ...dot, seq, id, space, membershipHeads }) !== "yes") return false;
  return !(await history.isPast(record));
}
