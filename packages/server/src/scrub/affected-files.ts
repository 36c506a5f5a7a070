import {
  type BlobStore,
  type Digest,
  type Entry,
  type EntryId,
  type EntryStore,
  LIST_PAGE_MAX,
  throwIfAborted,
} from "@gstore/core";
import type { KeyInSpace } from "../api.ts";
import type { Spaces } from "../membership/spaces.ts";
import { blobsOfVersion } from "../replication/local-completeness.ts";

export interface AffectedFilesOptions {
  readonly entries: EntryStore;
  readonly blobs: BlobStore;
  readonly spaces: Spaces;
}

/** A version with something damaged in it, and what. */
export interface AffectedVersion extends KeyInSpace {
  readonly version: EntryId;
  readonly digests: readonly Digest[];
}

/**
 * The versions that these blobs and entries belong to, as far as their names can be read here. Goes through all that this
 * node knows, and the manifests of its larger files: to be asked only after damage. Below a manifest node that is damaged
 * nothing is found.
 */
export async function* affectedVersions(
  { entries, blobs, spaces }: AffectedFilesOptions,
  damaged: { readonly blobs: ReadonlySet<Digest>; readonly entries: ReadonlySet<EntryId> },
  signal: AbortSignal,
): AsyncGenerator<AffectedVersion> {
  if (damaged.blobs.size + damaged.entries.size === 0) return;
  for (let after = 0; ; ) {
    throwIfAborted(signal);
    const page = await entries.since(after, LIST_PAGE_MAX);
    for (const { entry } of page) {
      throwIfAborted(signal);
      const digests = damaged.blobs.size === 0 ? [] : await damagedOf(blobs, entry, damaged.blobs);
      if (digests.length === 0 && !damaged.entries.has(entry.id)) continue;
      const metadata = spaces.tryOpen(entry);
      const space = spaces.get(entry.body.space);
      if (typeof metadata === "object" && space !== undefined)
        yield { space: space.name, key: metadata.name, version: entry.id, digests };
    }
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.arrival;
  }
}

async function damagedOf(blobs: BlobStore, { body }: Entry, damaged: ReadonlySet<Digest>): Promise<Digest[]> {
  if (body.content === null) return [];
  // Most files are one chunk, and their entry says it all.
  if (body.content.level === 0) return damaged.has(body.content.digest) ? [body.content.digest] : [];
  const found: Digest[] = [];
  for await (const { digest } of blobsOfVersion(blobs, body.space, body.content))
    if (damaged.has(digest)) found.push(digest);
  return found;
}
