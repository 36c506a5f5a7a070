import {
  type BlobStore,
  type EntryRecord,
  type EntryStore,
  LIST_PAGE_MAX,
  throwIfAborted,
} from "@gstore/core";
import type { History } from "../collection/history.ts";
import { isComplete } from "../replication/local-completeness.ts";
import type { ShownVersions } from "../shown-versions.ts";

/** A page of what this node knows. */
export interface Candidates {
  /** Versions that count, whose history is not over, and of which this node holds every blob. */
  readonly held: readonly EntryRecord[];
  readonly looked: number;
  readonly lastArrival: number;
}

export interface CandidateStores {
  readonly blobs: BlobStore;
  readonly entries: EntryStore;
  readonly shown: Pick<ShownVersions, "counts">;
  readonly history: Pick<History, "isPast">;
}

/** All versions that would be missed of which this node holds a copy, older ones and removals included, page by page in the order in which they came. */
export async function* soleCandidates(
  stores: CandidateStores,
  { afterArrival, signal }: { readonly afterArrival: number; readonly signal: AbortSignal },
): AsyncGenerator<Candidates> {
  for (let after = afterArrival; ; ) {
    throwIfAborted(signal);
    const page = await stores.entries.since(after, LIST_PAGE_MAX);
    const last = page.at(-1);
    if (last === undefined) return;
    const isHeld = await Promise.all(page.map((record) => isCandidate(stores, record)));
    const held = page.filter((_, index) => isHeld[index]);
    yield { held, looked: page.length, lastArrival: last.arrival };
    after = last.arrival;
  }
}

async function isCandidate(
  { blobs, shown, history }: CandidateStores,
  record: EntryRecord,
): Promise<boolean> {
  // What was given up here is with others, or wanted by nobody; what does not count others would refuse.
  if (record.dropped || !shown.counts(record) || (await history.isPast(record))) return false;
  return record.complete || (await isComplete(blobs, record.entry.body));
}
