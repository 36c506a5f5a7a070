import {
  type BlobSecret,
  type BlobStore,
  type ContentRoot,
  type Digest,
  isGstoreError,
  KNOWN_CHUNKS_MAX,
} from "@gstore/core";
import type { SpaceKeys } from "@gstore/crypto";
import type { OpenSpace } from "../membership/spaces.ts";
import { compareMaterials, materialTable } from "./material-table.ts";

/** A chunk that is stored here already, and what it takes to read it. */
export interface KnownChunk {
  readonly digest: Digest;
  readonly size: number;
  readonly secret: BlobSecret;
}

/** The chunks of an earlier version that are here: what of them is in a new version need be neither sealed nor stored. */
export interface KnownChunks {
  /** Their materials, for `findMaterial`; places are those in `chunks`. */
  readonly table: SharedArrayBuffer;
  readonly chunks: readonly KnownChunk[];
}

/**
 * The chunks of a version, the first `KNOWN_CHUNKS_MAX` of them, as far as they and the manifest nodes above them are
 * here, as blobs of its space; null where that is none.
 */
export async function knownChunks(
  blobs: BlobStore,
  { id: space, keys }: Pick<OpenSpace, "id" | "keys">,
  { root, secret }: { root: ContentRoot; secret: BlobSecret },
): Promise<KnownChunks | null> {
  const chunks: KnownChunk[] = [];
  await collect({ ...root, secret }, root.level);
  if (chunks.length === 0) return null;
  chunks.sort((one, other) => compareMaterials(one.secret.material, other.secret.material));
  return { table: materialTable(chunks.map((chunk) => chunk.secret.material)), chunks };

  async function collect(ref: KnownChunk, level: number): Promise<void> {
    if (chunks.length >= KNOWN_CHUNKS_MAX) return;
    if (level === 0) {
      if ((await blobs.missing([ref.digest], { space })).length === 0) chunks.push(ref);
      return;
    }
    const node = await openNode(ref, level);
    if (node === null) return;
    const refs = node.children.map((child, index) => ({
      ...child,
      secret: node.secrets[index] as BlobSecret,
    }));
    if (level > 1) {
      for (const child of refs) await collect(child, level - 1);
      return;
    }
    const missing = new Set(
      await blobs.missing(
        refs.map(({ digest }) => digest),
        { space },
      ),
    );
    for (const child of refs) if (!missing.has(child.digest)) chunks.push(child);
  }

  /** What is missing or damaged saves nothing, and is no reason not to store the new version. */
  async function openNode(
    ref: KnownChunk,
    level: number,
  ): Promise<ReturnType<SpaceKeys["openManifestNode"]> | null> {
    try {
      return keys.openManifestNode(await blobs.get(ref.digest, { space }), ref.secret, level);
    } catch (error) {
      if (isGstoreError(error)) return null;
      throw error;
    }
  }
}
