import {
  type BlobStore,
  type ContentRoot,
  type Digest,
  decodeManifestNode,
  isGstoreError,
} from "@gstore/core";

/** A blob of a version that is not in a local store, and how many levels of the tree it stands above the chunks. */
export interface MissingBlob {
  readonly digest: Digest;
  readonly level: number;
}

/**
 * The blobs of a version that are not here, as far as the nodes that are here tell: what lies below a missing node shows
 * once the node is here. Needs no key. Reads manifest nodes, not chunks; memory is that of one path of nodes.
 */
export async function* missingBlobs(blobs: BlobStore, root: ContentRoot): AsyncGenerator<MissingBlob> {
  yield* missingBelow(blobs, [root.digest], root.level);
}

/** Whether all blobs of a version are here. */
export async function isComplete(blobs: BlobStore, root: ContentRoot | null): Promise<boolean> {
  if (root === null) return true;
  for await (const _ of missingBlobs(blobs, root)) return false;
  return true;
}

async function* missingBelow(
  blobs: BlobStore,
  digests: readonly Digest[],
  level: number,
): AsyncGenerator<MissingBlob> {
  const missing = new Set(await blobs.missing(digests));
  for (const digest of digests) {
    if (missing.has(digest)) {
      yield { digest, level };
    } else if (level > 0) {
      const children = await childrenOf(blobs, digest, level);
      if (children === null) yield { digest, level };
      else yield* missingBelow(blobs, children, level - 1);
    }
  }
}

/** A node's children; null where it proves damaged when it is read. */
async function childrenOf(blobs: BlobStore, digest: Digest, level: number): Promise<Digest[] | null> {
  let bytes: Uint8Array;
  try {
    bytes = await blobs.get(digest);
  } catch (error) {
    if (isGstoreError(error, "BLOB_NOT_FOUND", "BLOB_DAMAGED")) return null;
    throw error;
  }
  const node = decodeManifestNode(bytes);
  // A node of another level than its parent says can't end the walk early or make it endless.
  if (node.level !== level) return [];
  return node.children.map((child) => child.digest);
}
