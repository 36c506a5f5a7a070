import {
  type BlobStore,
  type ContentRoot,
  type Digest,
  decodeManifestNode,
  type EntryBody,
  isGstoreError,
  type ManifestChild,
  type ManifestNode,
  type SpaceId,
} from "@gstore/core";

/** The blobs that are here as a space's: whatever an entry names, of another space's it learns nothing. */
interface SpaceBlobs {
  readonly blobs: BlobStore;
  readonly space: SpaceId;
}

/** A blob of a version that is not in a local store, and how many levels of the tree it stands above the chunks. */
export interface MissingBlob {
  readonly digest: Digest;
  readonly level: number;
}

/**
 * The blobs of a version that are not here, as far as the nodes that are here tell: what lies below a missing node shows
 * once the node is here. Needs no key. Reads manifest nodes, not chunks, and each node once: eight small nodes that name
 * the next one 4096 times each are a tree without end. Memory is that of one path of nodes, and each node's digest.
 */
export async function* missingBlobs(
  blobs: BlobStore,
  space: SpaceId,
  root: ContentRoot,
): AsyncGenerator<MissingBlob> {
  yield* missingBelow({ blobs, space }, [root.digest], { level: root.level, seen: new Set() });
}

/** Whether all blobs of a version are here. */
export async function isComplete(
  blobs: BlobStore,
  { space, content }: Pick<EntryBody, "space" | "content">,
): Promise<boolean> {
  if (content === null) return true;
  for await (const _ of missingBlobs(blobs, space, content)) return false;
  return true;
}

/** All blobs of a version of which the nodes are here, each before those below it, with their bytes as stored. Needs no key. */
export async function* blobsOfVersion(
  blobs: BlobStore,
  space: SpaceId,
  root: ContentRoot,
): AsyncGenerator<ManifestChild> {
  yield* blobsBelow({ blobs, space }, [root], { level: root.level, seen: new Set() });
}

async function* blobsBelow(
  store: SpaceBlobs,
  siblings: readonly ManifestChild[],
  { level, seen }: { level: number; seen: Set<Digest> },
): AsyncGenerator<ManifestChild> {
  for (const { digest, size } of siblings) {
    if (level > 0 && seen.has(digest)) continue;
    yield { digest, size };
    if (level === 0) continue;
    seen.add(digest);
    yield* blobsBelow(store, (await childrenOf(store, digest, level)) ?? [], { level: level - 1, seen });
  }
}

async function* missingBelow(
  store: SpaceBlobs,
  digests: readonly Digest[],
  { level, seen }: { level: number; seen: Set<Digest> },
): AsyncGenerator<MissingBlob> {
  const missing = new Set(await store.blobs.missing(digests, { space: store.space }));
  for (const digest of digests) {
    if (level > 0) {
      if (seen.has(digest)) continue;
      seen.add(digest);
    }
    if (missing.has(digest)) {
      yield { digest, level };
    } else if (level > 0) {
      const children = await childrenOf(store, digest, level);
      if (children === null) yield { digest, level };
      else {
        const below = children.map((child) => child.digest);
        yield* missingBelow(store, below, { level: level - 1, seen });
      }
    }
  }
}

/** A node's children; null where it proves damaged when it is read. */
async function childrenOf(
  { blobs, space }: SpaceBlobs,
  digest: Digest,
  level: number,
): Promise<readonly ManifestChild[] | null> {
  let bytes: Uint8Array;
  try {
    bytes = await blobs.get(digest, { space });
  } catch (error) {
    if (isGstoreError(error, "BLOB_NOT_FOUND", "BLOB_DAMAGED")) return null;
    throw error;
  }
  const node = tryDecode(bytes);
  // What is no node, or of another level than its parent says, is so for everybody: there is nothing to wait for.
  if (node?.level !== level) return [];
  return node.children;
}

/** Null for what is no node. A node of a newer version is one: what it names can't be told, so nobody may call it complete. */
function tryDecode(bytes: Uint8Array): ManifestNode | null {
  try {
    return decodeManifestNode(bytes);
  } catch (error) {
    if (isGstoreError(error, "INVALID_FORMAT", "TOO_LARGE")) return null;
    throw error;
  }
}
