import type { Digest } from "../digest.ts";
import type { SpaceId } from "../ids.ts";
import type { DamageReport } from "./scrub.ts";

export interface BlobInfo {
  readonly digest: Digest;
  /** Bytes of the blob. */
  readonly size: number;
}

/** See `BlobStore.hold`. */
export interface BlobHold {
  /** At most once counts. */
  release(): void;
}

export interface VerifyProgress {
  readonly blobs: number;
  readonly bytes: number;
}

export interface VerifyReport extends VerifyProgress, DamageReport {}

/**
 * Immutable bytes under their digest. Every implementation runs `blobStoreCompliance` of @gstore/testing.
 * All methods may be called concurrently. After `close` they reject with `STORE_CLOSED`.
 *
 * A blob that was put for a space is missing for every other one, so that nobody who asks in the name of a space learns of
 * another's. One that was put for several, or without saying for which, is there for all. Without `space`, all are looked at.
 */
export interface BlobStore {
  /**
   * Stores a blob. Once it resolves the bytes are synced (I2); true if they were not there before. The caller leaves
   * `bytes` unchanged until then. Rejects with `DIGEST_MISMATCH` where they do not hash to `digest` (I1), `TOO_LARGE`
   * above `BLOB_BYTES_MAX`, `STORE_FULL`, `STORE_READ_ONLY` or `STORE_IO` where the disk refuses; then nothing was
   * acknowledged and the store goes on. Waits (backpressure) while too many bytes are queued. A damaged blob is replaced.
   */
  put(
    digest: Digest,
    bytes: Uint8Array,
    options?: {
      signal?: AbortSignal;
      /** The caller has just computed the digest of these very bytes. */
      digestChecked?: boolean;
      /** The space whose blob it is. */
      space?: SpaceId;
    },
  ): Promise<boolean>;
  /** The blob's bytes, verified. Rejects with `BLOB_NOT_FOUND`, `BLOB_DAMAGED` or `STORE_IO`. The caller owns the result. */
  get(digest: Digest, options?: { signal?: AbortSignal; space?: SpaceId }): Promise<Uint8Array>;
  /** Which of `digests` are not here, in their order. Does not read the bytes. At once and without I/O waits where it can. */
  missing(digests: readonly Digest[], options?: { space?: SpaceId }): Promise<Digest[]>;
  /** Deletes blobs; those that are not there are passed over. Once it resolves the deletions are synced. Space is freed by compaction. */
  delete(digests: readonly Digest[]): Promise<void>;
  /**
   * Until it is released, `collect` takes no blob that is put, or said by `missing` to be here, from now on: whoever writes
   * down that blobs are here holds them from before it looked until that is written. With `others` it protects as well what
   * the holds of now do, also after these are released: whoever looks for what nothing names begins by that.
   */
  hold(options?: { readonly others?: boolean }): BlobHold;
  /**
   * Deletes blobs that nothing names any more, but for those that a hold protects. Gives those that it deleted, once that is
   * synced. From then on, or earlier, `missing` says that they are not here.
   */
  collect(digests: readonly Digest[]): Promise<BlobInfo[]>;
  /**
   * Every blob, in order of digest, as of some moment during the iteration; with `damaged` those too that proved damaged. Memory
   * does not grow with their number.
   */
  list(options?: { signal?: AbortSignal; damaged?: boolean }): AsyncIterable<BlobInfo>;
  /** Reads and hashes everything. */
  verify(options?: {
    signal?: AbortSignal;
    onProgress?: (progress: VerifyProgress) => void;
  }): Promise<VerifyReport>;
  /** How many blobs there are and their bytes in sum. */
  usage(): { readonly blobs: number; readonly bytes: number };
}
