import {
  type BlobStore,
  type ContentRoot,
  createDigestStream,
  type Digest,
  type Entry,
  GstoreError,
  type PlacementId,
  throwIfAborted,
  type VersionMetadata,
} from "@gstore/core";
import { encodeChunk } from "@gstore/crypto";
import type { StoreOptions } from "./api.ts";
import type { ByteWindow } from "./byte-window.ts";
import type { EntryAuthor } from "./entry-author.ts";
import { ManifestBuilder, type SealedBlob } from "./manifest-builder.ts";
import type { OpenSpace } from "./membership/spaces.ts";
import type { BlobPush } from "./replication/blob-push.ts";
import { sourceSlices } from "./source-slices.ts";

export interface PutRequest {
  readonly space: OpenSpace;
  /** Checked by `parseKeyName`. */
  readonly key: string;
  readonly source: AsyncIterable<Uint8Array>;
  readonly policyClass: number;
  readonly placement: PlacementId;
  readonly options: StoreOptions;
  /** Where the blobs go besides this node's disk. */
  readonly push: BlobPush;
  /** Called with the entry in order of seq once it is synced, to announce it. */
  readonly written: (entry: Entry) => void;
}

export interface PutOutcome {
  readonly entry: Entry;
  readonly digest: Digest;
  readonly size: number;
  /** Bytes of blobs that were not here before. */
  readonly newBytes: number;
}

export interface PutDependencies {
  readonly blobs: BlobStore;
  readonly author: EntryAuthor;
  /** Bounds the bytes sealed and not yet synced here, all puts together. */
  readonly window: ByteWindow;
}

/**
 * The way of a put, top to bottom: chunk, compress where it helps, seal, store (and push to the replicas meanwhile),
 * manifest, entry. Once it resolves all of it is synced here; the entry is written only after every blob is (I3).
 */
export async function putFile(dependencies: PutDependencies, request: PutRequest): Promise<PutOutcome> {
  const { space, options, push } = request;
  const intake = new BlobIntake(dependencies, push, options.signal);
  try {
    const content = await storeContent(request, intake);
    await intake.settled();
    await push.flush();
    throwIfAborted(options.signal);
    const metadata: VersionMetadata = {
      name: request.key,
      size: content.size,
      contentType: options.contentType ?? null,
      modifiedMs: options.modifiedMs ?? null,
      mode: options.mode ?? null,
      user: Object.entries(options.userMetadata ?? {}),
      contentDigest: content.digest,
      rootSecret: content.tree?.secret ?? null,
    };
    const keyId = space.keys.keyIdOf(request.key);
    const entry = await dependencies.author.write({
      space: space.id,
      keyId,
      op: "put",
      policyClass: request.policyClass,
      placement: request.placement,
      content: content.tree?.root ?? null,
      storedBytes: intake.storedBytes,
      sealed: space.keys.sealMetadata({ space: space.id, keyId }, metadata),
      written: request.written,
    });
    return { entry, digest: content.digest, size: content.size, newBytes: intake.newBytes };
  } catch (error) {
    push.abort();
    await intake.abandon();
    throw error;
  }
}

interface StoredContent {
  readonly tree: { root: ContentRoot; secret: SealedBlob["secret"] } | null;
  readonly digest: Digest;
  readonly size: number;
}

async function storeContent(request: PutRequest, intake: BlobIntake): Promise<StoredContent> {
  const { space, options, source } = request;
  const manifest = new ManifestBuilder(space.keys, (node) => intake.add(node));
  const cutter = space.chunker.cutter();
  const digest = createDigestStream();
  let size = 0;
  // The cutter's chunks are borrowed: sealing copies them before the next one is cut.
  const take = async (plain: Uint8Array): Promise<void> => {
    const { codec, bytes } = encodeChunk(plain);
    const sealed = space.keys.sealChunk({ bytes, codec, plainSize: plain.length });
    await intake.add(sealed);
    await manifest.add(sealed);
  };
  for await (const slice of sourceSlices(source, options.signal)) {
    throwIfAborted(options.signal);
    size += slice.length;
    if (options.size !== undefined && size > options.size)
      throw sourceChanged(request.key, options.size, size);
    digest.update(slice);
    for (const chunk of cutter.push(slice)) await take(chunk.bytes);
    options.onProgress?.({ bytes: size });
  }
  const last = cutter.end();
  if (last !== undefined) await take(last.bytes);
  if (options.size !== undefined && size !== options.size)
    throw sourceChanged(request.key, options.size, size);
  return { tree: await manifest.finish(), digest: digest.digest(), size };
}

/** Takes sealed blobs, stores each here and hands it to the push, with bounded bytes in flight. */
class BlobIntake {
  readonly #blobs: BlobStore;
  readonly #push: BlobPush;
  readonly #signal: AbortSignal | undefined;
  readonly #window: ByteWindow;
  readonly #pending = new Set<Promise<void>>();
  #failure: { error: unknown } | null = null;
  /** Bytes of all blobs, each counted as often as it occurs. */
  storedBytes = 0;
  newBytes = 0;

  constructor({ blobs, window }: PutDependencies, push: BlobPush, signal: AbortSignal | undefined) {
    this.#blobs = blobs;
    this.#window = window;
    this.#push = push;
    this.#signal = signal;
  }

  /** Resolves when there is room for the next blob, not when this one is synced. Rejects where an earlier one failed. */
  async add({ digest, blob }: SealedBlob): Promise<void> {
    await this.#window.acquire(blob.length, this.#signal);
    if (this.#failure !== null) this.#window.release(blob.length);
    this.#throwFailure();
    this.storedBytes += blob.length;
    const stored = this.#blobs
      .put(digest, blob, { digestChecked: true })
      .then((isNew) => {
        if (isNew) this.newBytes += blob.length;
      })
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#pending.delete(stored);
        this.#window.release(blob.length);
      });
    this.#pending.add(stored);
    await this.#push.offer({ digest, bytes: blob });
  }

  /** Resolves when all blobs are synced here. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending);
    this.#throwFailure();
  }

  /** Waits for what can't be called back. */
  async abandon(): Promise<void> {
    await Promise.all(this.#pending);
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }
}

function sourceChanged(key: string, announced: number, actual: number): GstoreError {
  const difference = actual > announced ? "gave more than" : `gave ${actual} of`;
  return new GstoreError(
    "SOURCE_CHANGED",
    `The source ${difference} the ${announced} bytes announced. Nothing was stored.`,
    {
      key,
      limit: announced,
      actual,
    },
  );
}
