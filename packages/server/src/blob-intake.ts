import {
  type BlobStore,
  DIGESTS_PER_MESSAGE_MAX,
  type Digest,
  GstoreError,
  type SpaceId,
} from "@gstore/core";
import type { ByteWindow } from "./byte-window.ts";
import type { SealedBlob } from "./manifest-builder.ts";
import type { BlobPush, OfferedBlob } from "./replication/blob-push.ts";
import type { ChunkSealer } from "./sealing/chunk-sealer.ts";
import type { KnownChunk } from "./sealing/known-chunks.ts";

export interface BlobIntakeOptions {
  readonly blobs: BlobStore;
  readonly space: SpaceId;
  /** Bounds the bytes sealed and not yet synced here, all puts together. */
  readonly window: ByteWindow;
  readonly push: BlobPush;
  readonly sealer: ChunkSealer;
  readonly signal: AbortSignal | undefined;
}

/** Takes the sealed blobs of one put, stores each here and hands it to the push, with bounded bytes in flight. */
export class BlobIntake {
  readonly #options: BlobIntakeOptions;
  readonly #pending = new Set<Promise<void>>();
  readonly #reused = new Set<Digest>();
  #failure: { error: unknown } | null = null;
  /** Bytes of all blobs, each counted as often as it occurs. */
  storedBytes = 0;
  newBytes = 0;

  constructor(options: BlobIntakeOptions) {
    this.#options = options;
  }

  /** Takes a blob. Resolves when there is room for the next one, not when this one is synced. Rejects where an earlier one failed. */
  add(blob: Pick<SealedBlob, "digest" | "blob">): Promise<void> {
    return this.#add(blob, () => {});
  }

  /** The same for a chunk, whose memory goes back to the sealer: the caller looks at the blob no more. */
  addChunk({ digest, blob }: SealedBlob): Promise<void> {
    return this.#add({ digest, blob }, () => this.#options.sealer.recycle(blob));
  }

  /** Takes a chunk that is stored here already. */
  async reuse({ digest, size }: KnownChunk): Promise<void> {
    this.#throwFailure();
    this.storedBytes += size;
    this.#reused.add(digest);
    const { blobs, push, space } = this.#options;
    // It goes to whoever may hold the space: whatever a manifest says, no other space's blob does.
    const read = () => blobs.get(digest, { space });
    await push.offer({ digest, size, bytes: null, read, hold: () => {}, release: () => {} });
  }

  /** Resolves when all blobs are synced here. Rejects with `BLOB_NOT_FOUND` where a reused one was deleted meanwhile. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
    this.#throwFailure();
    const reused = [...this.#reused];
    const { blobs, space } = this.#options;
    for (let at = 0; at < reused.length; at += DIGESTS_PER_MESSAGE_MAX) {
      const [missing] = await blobs.missing(reused.slice(at, at + DIGESTS_PER_MESSAGE_MAX), { space });
      if (missing === undefined) continue;
      const message = "A part that this file shares with its last version is gone. Store it again.";
      throw new GstoreError("BLOB_NOT_FOUND", message, { digest: missing, retryable: true });
    }
  }

  /** Waits for what can't be called back. */
  async abandon(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #add({ digest, blob }: Pick<SealedBlob, "digest" | "blob">, unused: () => void): Promise<void> {
    const { blobs, space, window, push, signal } = this.#options;
    await window.acquire(blob.length, signal);
    if (this.#failure !== null) window.release(blob.length);
    this.#throwFailure();
    this.storedBytes += blob.length;
    const outgoing = new OutgoingBlob(digest, blob, unused);
    const stored = blobs
      .put(digest, blob, { digestChecked: true, space })
      .then((isNew) => {
        if (isNew) this.newBytes += outgoing.size;
        outgoing.release();
      })
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#pending.delete(stored);
        window.release(outgoing.size);
      });
    this.#pending.add(stored);
    // It may be synced here long before a target has room for it.
    outgoing.hold();
    await push.offer(outgoing);
    outgoing.release();
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}

/** A blob in memory, until it is synced here and wherever it was offered to. */
class OutgoingBlob implements OfferedBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly #unused: () => void;
  /** The store here is the first. */
  #users = 1;

  constructor(digest: Digest, bytes: Uint8Array, unused: () => void) {
    this.digest = digest;
    this.size = bytes.length;
    this.bytes = bytes;
    this.#unused = unused;
  }

  async read(): Promise<Uint8Array> {
    return this.bytes;
  }

  hold(): void {
    this.#users++;
  }

  release(): void {
    this.#users--;
    if (this.#users === 0) this.#unused();
  }
}
