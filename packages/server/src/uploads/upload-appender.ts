import { type BlobStore, type Digest, digestOf, type Entry, type VersionMetadata } from "@gstore/core";
import { BlobIntake } from "../blob-intake.ts";
import type { ByteWindow } from "../byte-window.ts";
import type { ManifestBuilderChild, SealedBlob } from "../manifest-builder.ts";
import type { OpenSpace } from "../membership/spaces.ts";
import type { BlobPush } from "../replication/blob-push.ts";
import type { ChunkSealer } from "../sealing/chunk-sealer.ts";
import { sealChunk } from "../sealing/seal-chunk.ts";
import { SealPipeline } from "../sealing/seal-pipeline.ts";
import { sourceChanged } from "../source-slices.ts";
import { UPLOAD_CHECKPOINT_BYTES } from "./limits.ts";
import type { UploadRecord } from "./upload-record.ts";
import { addChunk, plainOf, type UploadSession } from "./upload-session.ts";
import type { Uploads } from "./uploads.ts";

export interface AppenderOptions {
  readonly blobs: BlobStore;
  readonly sealer: ChunkSealer;
  readonly window: ByteWindow;
  /** To nobody: the file's holders fetch it once it is whole. */
  readonly push: BlobPush;
  readonly uploads: Uploads;
  readonly space: OpenSpace;
  readonly metadata: VersionMetadata;
  readonly session: UploadSession;
  /** When it is given up after what is written now. */
  readonly expiresMs: () => number;
  /** Of the node. */
  readonly signal: AbortSignal;
}

const NOTHING = digestOf(new Uint8Array(0));

/**
 * Takes one piece of an upload: chunks are cut, sealed and stored as for a put. What has come is written down every
 * so often and at the end, once its blobs are synced: a tree over all chunks so far, the last of them cut short.
 */
export class UploadAppender {
  readonly #options: AppenderOptions;
  readonly #cutter: ReturnType<OpenSpace["chunker"]["cutter"]>;
  readonly #intake: BlobIntake;
  readonly #sealing: SealPipeline;
  #record: UploadRecord;
  #offset: number;
  #savedAt: number;
  #newBytes = 0;

  constructor(record: UploadRecord, options: AppenderOptions) {
    const { blobs, space, window, push, sealer, signal, session, metadata } = options;
    this.#options = options;
    this.#record = record;
    this.#offset = metadata.size;
    this.#savedAt = metadata.size;
    this.#cutter = space.chunker.cutter();
    this.#intake = new BlobIntake({ blobs, space: space.id, window, push, sealer, signal });
    this.#sealing = new SealPipeline({
      ...{ sealer, space, signal, known: async () => null },
      sealed: async (chunk) => {
        const child = { digest: chunk.digest, size: chunk.blob.length, secret: chunk.secret };
        await this.#intake.addChunk(chunk);
        await addChunk(session, child);
      },
      reused: async () => {},
    });
    session.store = (node) => {
      session.storedBytes += node.blob.length;
      return this.#intake.add(node);
    };
  }

  get offset(): number {
    return this.#offset;
  }

  get newBytes(): number {
    return this.#intake.newBytes + this.#newBytes;
  }

  /** Takes slices, and writes down what has come every so often if `saves`. Rejects with `TOO_LARGE` at more than the file's length. */
  async take(slices: AsyncIterable<Uint8Array>, { saves }: { saves: boolean }): Promise<void> {
    const { session, metadata } = this.#options;
    const { length } = this.#record;
    await this.#takeTail();
    for await (const slice of slices) {
      if (this.#offset + slice.length > length) {
        throw sourceChanged(metadata.name, length, this.#offset + slice.length);
      }
      this.#offset += slice.length;
      session.digest.update(slice);
      for (const chunk of this.#cutter.push(slice)) await this.#sealing.add(chunk.bytes);
      const isDue = this.#offset - this.#savedAt >= UPLOAD_CHECKPOINT_BYTES;
      if (saves && isDue && this.#offset < length) await this.save();
    }
  }

  /** Once it resolves all that came is synced and written down. */
  async save(): Promise<UploadRecord> {
    const { session, space, metadata, uploads, expiresMs } = this.#options;
    await this.#sealing.finish();
    session.tail = await this.#storeTail();
    const soFar = session.manifest.copy((node) => this.#put(node));
    if (session.tail !== null) await soFar.add(session.tail);
    const tree = await soFar.finish();
    await this.#intake.settled();
    const { keyId } = this.#record;
    const sealed = space.keys.sealMetadata(
      { space: space.id, keyId },
      { ...metadata, size: this.#offset, contentDigest: NOTHING, rootSecret: tree?.secret ?? null },
    );
    const record = { ...this.#record, content: tree?.root ?? null, sealed, expiresMs: expiresMs() };
    await uploads.replace(record);
    this.#record = record;
    this.#savedAt = this.#offset;
    return record;
  }

  /** Ends the file: its tree and digest, once all of it is synced. */
  async finish(): Promise<{
    readonly content: Entry["body"]["content"];
    readonly storedBytes: number;
    readonly metadata: VersionMetadata;
    readonly digest: Digest;
  }> {
    const { session, metadata } = this.#options;
    const last = this.#cutter.end();
    if (last !== undefined) await this.#sealing.add(last.bytes);
    await this.#sealing.finish();
    const tree = await session.manifest.finish();
    await this.#intake.settled();
    const digest = session.digest.digest();
    return {
      digest,
      content: tree?.root ?? null,
      storedBytes: session.storedBytes,
      metadata: {
        ...metadata,
        ...{ size: this.#offset, contentDigest: digest, rootSecret: tree?.secret ?? null },
      },
    };
  }

  /** Waits for what can't be called back. The session is of no use any more. */
  async abandon(error: unknown): Promise<void> {
    await this.#sealing.abandon(error);
    await this.#intake.abandon();
  }

  async #takeTail(): Promise<void> {
    const { session, blobs, space, signal } = this.#options;
    if (session.tail === null) return;
    const plain = await plainOf({ blobs, space, signal }, session.tail);
    session.tail = null;
    for (const chunk of this.#cutter.push(plain)) await this.#sealing.add(chunk.bytes);
  }

  async #storeTail(): Promise<ManifestBuilderChild | null> {
    const { rest } = this.#cutter;
    if (rest.length === 0) return null;
    const outcome = sealChunk(this.#options.space.keys, rest, {});
    if ("known" in outcome) throw new Error("no chunk is known here");
    const { sealed } = outcome;
    await this.#put(sealed);
    return { digest: sealed.digest, size: sealed.blob.length, secret: sealed.secret };
  }

  async #put({ digest, blob }: SealedBlob): Promise<void> {
    const { blobs, space } = this.#options;
    await blobs.put(digest, blob, { digestChecked: true, space: space.id });
  }
}
