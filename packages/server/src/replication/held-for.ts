import type { EntryId, EntryStore, PeerId } from "@gstore/core";
import type { Members } from "../membership/members.ts";

/**
 * Which of these versions are whole here and may be held by the one who asks: of others it learns nothing. Where it may hold
 * all there is, the index tells alone: members ask about all that they know.
 */
export async function heldFor(
  { entries, members }: { readonly entries: EntryStore; readonly members: Members },
  asker: PeerId,
  versions: readonly EntryId[],
): Promise<EntryId[]> {
  const complete = await entries.completeOf(versions);
  if (members.get(asker)?.spaces === null) return complete;
  const records = await Promise.all(complete.map((version) => entries.get(version)));
  return complete.filter((_, index) => {
    const record = records[index];
    return record !== undefined && members.mayHold(asker, record.entry.body.space);
  });
}
