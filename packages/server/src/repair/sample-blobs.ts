import { type BlobStore, type Digest, decodeManifestNode, type EntryBody, type Random } from "@gstore/core";

/**
 * Some of a version's blobs by chance: its root, and what ways down from there by chance meet, nodes of the manifest and
 * chunks. Reads one node a level and way, however large the version is. Rejects where a node is not here or damaged.
 */
export async function sampleBlobs(
  stores: { readonly blobs: BlobStore; readonly random: Random },
  { space, content }: Pick<EntryBody, "space" | "content">,
  count: number,
): Promise<Digest[]> {
  if (content === null) return [];
  const { blobs, random } = stores;
  const chosen = new Set<Digest>([content.digest]);
  const ways = content.level === 0 ? 0 : count;
  for (let way = 0; way < ways && chosen.size < count; way++) {
    let { digest } = content;
    // One in eight ends at a node: they are few, and each has many chunks to lose.
    const endsAt = random.below(8) === 0 ? random.below(content.level + 1) : 0;
    for (let { level } = content; level > endsAt; level--) {
      const bytes = await blobs.get(digest, { space });
      const { children } = decodeManifestNode(bytes);
      const child = children[random.below(Math.max(1, children.length))];
      if (child === undefined) break;
      ({ digest } = child);
    }
    chosen.add(digest);
  }
  return [...chosen];
}
