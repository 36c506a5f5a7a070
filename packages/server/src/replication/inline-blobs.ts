import {
  type Digest,
  decodeManifestNode,
  digestOf,
  type Entry,
  isGstoreError,
  type SpaceId,
} from "@gstore/core";

/** A blob that came along with the announcement of its entry. */
export interface InlineBlob {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  /** Of the entry to whose version it belongs. */
  readonly space: SpaceId;
}

/**
 * Of the blobs of one message those that belong to its entries, by what these and the manifest nodes among the blobs say
 * in clear. What belongs to none is left out: it would be stored for nobody. Looks at each blob once.
 */
export function inlineBlobs(entries: readonly Entry[], blobs: readonly Uint8Array[]): InlineBlob[] {
  if (blobs.length === 0) return [];
  const unclaimed = new Map(blobs.map((bytes) => [digestOf(bytes), bytes]));
  const found: InlineBlob[] = [];
  const claim = (digest: Digest, level: number, space: SpaceId): void => {
    const bytes = unclaimed.get(digest);
    if (bytes === undefined) return;
    unclaimed.delete(digest);
    found.push({ digest, bytes, space });
    for (const child of level === 0 ? [] : childrenOf(bytes, level)) claim(child, level - 1, space);
  };
  for (const { body } of entries)
    if (body.content !== null) claim(body.content.digest, body.content.level, body.space);
  return found;
}

/** What is no node, or not of this level, has none. */
function childrenOf(bytes: Uint8Array, level: number): Digest[] {
  try {
    const node = decodeManifestNode(bytes);
    return node.level === level ? node.children.map(({ digest }) => digest) : [];
  } catch (error) {
    if (isGstoreError(error)) return [];
    throw error;
  }
}
