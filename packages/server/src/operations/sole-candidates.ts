import {
  type BlobStore,
  type Entry,
  type EntryRecord,
  type EntryStore,
  LIST_PAGE_MAX,
  throwIfAborted,
} from "@gstore/core";
import type { Members } from "../membership/members.ts";
import { isComplete } from "../replication/local-completeness.ts";

/** A page of what this node knows. */
export interface Candidates {
  /** Versions that nothing supersedes, that count, and of which this node holds every blob. */
  readonly held: readonly Entry[];
  readonly looked: number;
  readonly lastArrival: number;
}

/** All current versions of which this node holds a copy, removals included, page by page in the order in which they came. */
export async function* soleCandidates(
  stores: { readonly blobs: BlobStore; readonly entries: EntryStore; readonly members: Members },
  { afterArrival, signal }: { readonly afterArrival: number; readonly signal: AbortSignal },
): AsyncGenerator<Candidates> {
  for (let after = afterArrival; ; ) {
    throwIfAborted(signal);
    const page = await stores.entries.since(after, LIST_PAGE_MAX);
    const last = page.at(-1);
    if (last === undefined) return;
    const isHeld = await Promise.all(page.map((record) => isHeldHead(stores, record)));
    const held = page.filter((_, index) => isHeld[index]).map(({ entry }) => entry);
    yield { held, looked: page.length, lastArrival: last.arrival };
    after = last.arrival;
  }
}

async function isHeldHead(
  { blobs, entries, members }: Parameters<typeof soleCandidates>[0],
  { entry, complete }: EntryRecord,
): Promise<boolean> {
  const { space, keyId, dot, seq, membershipHeads } = entry.body;
  const heads = await entries.heads(space, keyId);
  if (!heads.some((head) => head.entry.id === entry.id)) return false;
  // What does not count others would refuse.
  if (members.mayAuthor({ ...dot, seq, id: entry.id, space, membershipHeads }) !== "yes") return false;
  return complete || (await isComplete(blobs, entry.body));
}
