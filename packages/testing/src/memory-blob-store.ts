import {
  BLOB_BYTES_MAX,
  type BlobHold,
  type BlobInfo,
  type BlobStore,
  type Digest,
  digestOf,
  GstoreError,
  type SpaceId,
  throwIfAborted,
  type VerifyReport,
} from "@gstore/core";

type PutOptions = NonNullable<Parameters<BlobStore["put"]>[2]>;

/** Blobs in memory, for tests of what stands above a store. */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<Digest, Uint8Array>();
  readonly #damaged = new Set<Digest>();
  /** The space whose blob one is; null where it is there for all. */
  readonly #spaces = new Map<Digest, SpaceId | null>();
  /** What each hold protects. */
  readonly #holds = new Map<BlobHold, Set<Digest>>();
  #isClosed = false;

  async put(digest: Digest, bytes: Uint8Array, options: PutOptions = {}): Promise<boolean> {
    this.#assertOpen();
    throwIfAborted(options.signal);
    if (bytes.length > BLOB_BYTES_MAX) {
      throw new GstoreError("TOO_LARGE", "A blob is too large.", {
        limit: BLOB_BYTES_MAX,
        actual: bytes.length,
      });
    }
    if (!options.digestChecked && digestOf(bytes) !== digest) {
      throw new GstoreError("DIGEST_MISMATCH", "The bytes are not those of the blob.", { digest });
    }
    this.#touch(digest);
    const { space = null } = options;
    const isOthers = this.#blobs.has(digest) && this.#spaces.get(digest) !== space;
    this.#spaces.set(digest, isOthers ? null : space);
    if (this.#blobs.has(digest) && !this.#damaged.has(digest)) return false;
    this.#blobs.set(digest, Uint8Array.from(bytes));
    this.#damaged.delete(digest);
    return true;
  }

  async get(digest: Digest, options: { signal?: AbortSignal; space?: SpaceId } = {}): Promise<Uint8Array> {
    this.#assertOpen();
    throwIfAborted(options.signal);
    const bytes = this.#isFor(digest, options.space) ? this.#blobs.get(digest) : undefined;
    if (bytes === undefined) throw new GstoreError("BLOB_NOT_FOUND", "The blob is not here.", { digest });
    if (digestOf(bytes) !== digest) {
      this.#damaged.add(digest);
      throw new GstoreError("BLOB_DAMAGED", "The blob is damaged.", { digest });
    }
    return Uint8Array.from(bytes);
  }

  async missing(digests: readonly Digest[], { space }: { space?: SpaceId } = {}): Promise<Digest[]> {
    this.#assertOpen();
    const missing = digests.filter((digest) => !this.#isFor(digest, space) || this.#damaged.has(digest));
    const gone = new Set(missing);
    for (const digest of digests) if (!gone.has(digest)) this.#touch(digest);
    return missing;
  }

  hold({ others = false }: { readonly others?: boolean } = {}): BlobHold {
    this.#assertOpen();
    const hold: BlobHold = { release: () => void this.#holds.delete(hold) };
    this.#holds.set(hold, new Set(others ? [...this.#holds.values()].flatMap((held) => [...held]) : []));
    return hold;
  }

  async collect(digests: readonly Digest[]): Promise<BlobInfo[]> {
    this.#assertOpen();
    const held = [...this.#holds.values()];
    const collected: BlobInfo[] = [];
    for (const digest of digests) {
      const bytes = this.#blobs.get(digest);
      if (bytes && !held.some((set) => set.has(digest))) collected.push({ digest, size: bytes.length });
    }
    await this.delete(collected.map(({ digest }) => digest));
    return collected;
  }

  async delete(digests: readonly Digest[]): Promise<void> {
    this.#assertOpen();
    for (const digest of digests) {
      this.#blobs.delete(digest);
      this.#spaces.delete(digest);
      this.#damaged.delete(digest);
    }
  }

  async *list(options: { signal?: AbortSignal; damaged?: boolean } = {}): AsyncGenerator<BlobInfo> {
    this.#assertOpen();
    for (const digest of [...this.#blobs.keys()].sort()) {
      throwIfAborted(options.signal);
      const bytes = this.#blobs.get(digest);
      if (bytes && (options.damaged || !this.#damaged.has(digest))) yield { digest, size: bytes.length };
    }
  }

  async verify(options: { signal?: AbortSignal } = {}): Promise<VerifyReport> {
    this.#assertOpen();
    const damaged: VerifyReport["damaged"][number][] = [];
    let bytes = 0;
    for (const [digest, blob] of this.#blobs) {
      throwIfAborted(options.signal);
      bytes += blob.length;
      if (digestOf(blob) === digest) this.#damaged.delete(digest);
      else {
        this.#damaged.add(digest);
        damaged.push({ digest, reason: "its bytes do not hash to its digest" });
      }
    }
    return {
      blobs: this.#blobs.size,
      bytes,
      damaged,
      damagedEntries: [],
      damagedRecords: 0,
      damagedSpans: [],
    };
  }

  usage(): { readonly blobs: number; readonly bytes: number } {
    const intact = [...this.#blobs].filter(([digest]) => !this.#damaged.has(digest));
    return { blobs: intact.length, bytes: intact.reduce((sum, [, bytes]) => sum + bytes.length, 0) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  /** Flips a bit of a stored blob, as a bad disk would. */
  damage(digest: Digest): void {
    const bytes = this.#blobs.get(digest);
    if (bytes === undefined || bytes.length === 0) throw new RangeError("no such blob with bytes");
    bytes[0] = (bytes[0] as number) ^ 1;
  }

  #touch(digest: Digest): void {
    for (const held of this.#holds.values()) held.add(digest);
  }

  #isFor(digest: Digest, space: SpaceId | undefined): boolean {
    const own = this.#spaces.get(digest);
    return this.#blobs.has(digest) && (space === undefined || own === space || own === null);
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new GstoreError("STORE_CLOSED", "The store was closed.");
  }
}
