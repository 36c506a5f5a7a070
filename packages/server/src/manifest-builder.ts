import {
  type BlobSecret,
  type ContentRoot,
  type Digest,
  digestToBytes,
  GstoreError,
  MANIFEST_CHILDREN_AVG,
  MANIFEST_CHILDREN_MAX,
  MANIFEST_CHILDREN_MIN,
  MANIFEST_LEVELS_MAX,
} from "@gstore/core";
import type { SpaceKeys } from "@gstore/crypto";

/** A blob with the keys to read it, as it comes out of sealing. */
export interface SealedBlob {
  readonly digest: Digest;
  readonly blob: Uint8Array;
  readonly secret: BlobSecret;
}

/** A blob of the tree as its parent lists it. */
export interface ManifestBuilderChild {
  readonly digest: Digest;
  /** Bytes as stored. */
  readonly size: number;
  readonly secret: BlobSecret;
}

/**
 * Builds the manifest tree over a version's chunks while they come (docs/spec/manifest.md). Node boundaries depend on the
 * children's digests, so an edit of a large file makes one path of new nodes and reuses the others.
 */
export class ManifestBuilder {
  readonly #keys: SpaceKeys;
  readonly #store: (blob: SealedBlob) => Promise<void>;
  /** Children not yet in a node, by level: 0 holds chunks, n nodes of level n. */
  readonly #pending: ManifestBuilderChild[][] = [[]];

  /** `store` is called for each node and must take it before it resolves. */
  constructor(keys: SpaceKeys, store: (blob: SealedBlob) => Promise<void>) {
    this.#keys = keys;
    this.#store = store;
  }

  /** One that goes on from what was added so far, on its own. */
  copy(store: (blob: SealedBlob) => Promise<void>): ManifestBuilder {
    const copied = new ManifestBuilder(this.#keys, store);
    copied.#pending.length = 0;
    for (const children of this.#pending) copied.#pending.push([...children]);
    return copied;
  }

  /** Adds the next chunk. */
  add({ digest, size, secret }: ManifestBuilderChild): Promise<void> {
    return this.#add(0, { digest, size, secret });
  }

  /** The root over all that was added; null where nothing was. */
  async finish(): Promise<{ root: ContentRoot; secret: BlobSecret } | null> {
    for (let level = 0; ; level++) {
      const children = this.#pending[level] as ManifestBuilderChild[];
      const isTop = level === this.#pending.length - 1;
      const [only] = children;
      if (isTop && children.length <= 1) {
        if (only === undefined) return null;
        return { root: { level, digest: only.digest, size: only.size }, secret: only.secret };
      }
      if (children.length > 0) await this.#flush(level);
    }
  }

  async #add(level: number, child: ManifestBuilderChild): Promise<void> {
    const children = this.#pending[level] as ManifestBuilderChild[];
    children.push(child);
    if (isNodeBoundary(child.digest, children.length)) await this.#flush(level);
  }

  async #flush(level: number): Promise<void> {
    if (level + 1 > MANIFEST_LEVELS_MAX) throw new GstoreError("TOO_LARGE", "The file has too many chunks.");
    const children = this.#pending[level] as ManifestBuilderChild[];
    this.#pending[level] = [];
    this.#pending[level + 1] ??= [];
    const secrets = children.map((child) => child.secret);
    const node = this.#keys.sealManifestNode({ level: level + 1, children, secrets });
    await this.#store(node);
    await this.#add(level + 1, { digest: node.digest, size: node.blob.length, secret: node.secret });
  }
}

/** Whether a node ends after its `count`-th child: from the minimum on, where the digest's first 32 bits divide by the average. */
export function isNodeBoundary(digest: Digest, count: number): boolean {
  if (count < MANIFEST_CHILDREN_MIN) return false;
  if (count >= MANIFEST_CHILDREN_MAX) return true;
  const bytes = digestToBytes(digest);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) % MANIFEST_CHILDREN_AVG === 0;
}
