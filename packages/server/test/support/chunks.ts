import { type BlobSecret, type ContentRoot, type Digest, digestOf } from "@gstore/core";
import { createNetworkSecrets, SpaceKeys } from "@gstore/crypto";
import { MemoryBlobStore, SeededRandom } from "@gstore/testing";
import { ManifestBuilder, type SealedBlob } from "../../src/manifest-builder.ts";

/** Keys of a space, the same in every run. */
export function seededKeys(seed = "space"): SpaceKeys {
  const random = new SeededRandom(seed);
  const [space] = createNetworkSecrets(random).spaces;
  if (space === undefined) throw new Error("a network has a space");
  return new SpaceKeys(space, random);
}

/** Small chunks that differ from each other, as text. */
export function numberedChunks(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => Buffer.from(`chunk ${index};`));
}

export interface BuiltTree {
  readonly tree: { root: ContentRoot; secret: BlobSecret } | null;
  readonly blobs: MemoryBlobStore;
  /** Digests of the manifest nodes, in the order they were made. */
  readonly nodes: Digest[];
  readonly nodeBlobs: Uint8Array[];
}

/** Seals chunks and builds the manifest over them. */
export async function buildTree(keys: SpaceKeys, chunks: readonly Uint8Array[]): Promise<BuiltTree> {
  const blobs = new MemoryBlobStore();
  const nodes: Digest[] = [];
  const nodeBlobs: Uint8Array[] = [];
  const store = async ({ digest, blob }: SealedBlob) => {
    nodes.push(digest);
    nodeBlobs.push(blob);
    await blobs.put(digest, blob);
  };
  const builder = new ManifestBuilder(keys, store);
  for (const bytes of chunks) {
    const sealed = keys.sealChunk({ bytes, codec: "none", plainSize: bytes.length });
    await blobs.put(sealed.digest, sealed.blob);
    await builder.add({ ...sealed, size: sealed.blob.length });
  }
  return { tree: await builder.finish(), blobs, nodes, nodeBlobs };
}

export const digestOfText = (text: string): Digest => digestOf(Buffer.from(text));
