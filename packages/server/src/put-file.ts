import {
  type BlobStore,
  type ContentRoot,
  createDigestStream,
  type Digest,
  type Entry,
  isGstoreError,
  type PlacementId,
  throwIfAborted,
  type VersionMetadata,
} from "@gstore/core";
import type { StoreOptions } from "./api.ts";
import { BlobIntake } from "./blob-intake.ts";
import type { ByteWindow } from "./byte-window.ts";
import type { EntryAuthor } from "./entry-author.ts";
import { ManifestBuilder, type SealedBlob } from "./manifest-builder.ts";
import type { OpenSpace } from "./membership/spaces.ts";
import type { BlobPush } from "./replication/blob-push.ts";
import type { ChunkSealer } from "./sealing/chunk-sealer.ts";
import { knownChunks } from "./sealing/known-chunks.ts";
import { SealPipeline } from "./sealing/seal-pipeline.ts";
import { sourceChanged, sourceSlices } from "./source-slices.ts";

export interface PutRequest {
  readonly space: OpenSpace;
  /** Checked by `parseKeyName`. */
  readonly key: string;
  readonly source: AsyncIterable<Uint8Array>;
  readonly policyClass: number;
  readonly placement: PlacementId;
  /** The version that the new one supersedes: what they share is not sealed again. */
  readonly previous: Entry | null;
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
  readonly sealer: ChunkSealer;
  /** Bounds the bytes sealed and not yet synced here, all puts together. */
  readonly window: ByteWindow;
}

/**
 * The way of a put, top to bottom: chunk, compress where it helps, seal, store (and push to the replicas meanwhile),
 * manifest, entry. Once it resolves all of it is synced here; the entry is written only after every blob is (I3).
 */
export async function putFile(dependencies: PutDependencies, request: PutRequest): Promise<PutOutcome> {
  const { space, options, push } = request;
  const { blobs, window, sealer } = dependencies;
  const intake = new BlobIntake({ blobs, space: space.id, window, push, sealer, signal: options.signal });
  try {
    const content = await storeContent(dependencies, request, intake);
    await intake.settled();
    await push.flush();
    throwIfAborted(options.signal);
    const metadata = describe(request.key, options, {
      size: content.size,
      contentDigest: content.digest,
      rootSecret: content.tree?.secret ?? null,
    });
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
      blob: null,
      written: request.written,
    });
    return { entry, digest: content.digest, size: content.size, newBytes: intake.newBytes };
  } catch (error) {
    push.abort();
    await intake.abandon();
    throw error;
  }
}

/** What an entry says to those who hold the space's keys. */
export function describe(
  name: string,
  options: StoreOptions,
  content: Pick<VersionMetadata, "size" | "contentDigest" | "rootSecret">,
): VersionMetadata {
  return {
    name,
    contentType: options.contentType ?? null,
    modifiedMs: options.modifiedMs ?? null,
    mode: options.mode ?? null,
    user: Object.entries(options.userMetadata ?? {}),
    ...content,
  };
}

interface StoredContent {
  readonly tree: { root: ContentRoot; secret: SealedBlob["secret"] } | null;
  readonly digest: Digest;
  readonly size: number;
}

async function storeContent(
  { blobs, sealer }: PutDependencies,
  request: PutRequest,
  intake: BlobIntake,
): Promise<StoredContent> {
  const { space, options, previous } = request;
  const manifest = new ManifestBuilder(space.keys, (node) => intake.add(node));
  const sealing = new SealPipeline({
    ...{ sealer, space, signal: options.signal },
    known: async () => (previous === null ? null : await chunksOf(blobs, space, previous)),
    sealed: async (chunk) => {
      const child = { digest: chunk.digest, size: chunk.blob.length, secret: chunk.secret };
      await intake.addChunk(chunk);
      await manifest.add(child);
    },
    reused: async (chunk) => {
      await intake.reuse(chunk);
      await manifest.add(chunk);
    },
  });
  try {
    const { digest, size } = await sealSource(request, sealing);
    await sealing.finish();
    return { tree: await manifest.finish(), digest, size };
  } catch (error) {
    await sealing.abandon(error);
    throw error;
  }
}

/** Cuts the source and gives its chunks to be sealed. */
async function sealSource(
  { key, space, options, source }: PutRequest,
  sealing: SealPipeline,
): Promise<Pick<StoredContent, "digest" | "size">> {
  const cutter = space.chunker.cutter();
  const digest = createDigestStream();
  let size = 0;
  for await (const slice of sourceSlices(source, options.signal)) {
    throwIfAborted(options.signal);
    size += slice.length;
    if (options.size !== undefined && size > options.size) throw sourceChanged(key, options.size, size);
    digest.update(slice);
    // The cutter's chunks are borrowed: each is taken before the next one is cut.
    for (const chunk of cutter.push(slice)) await sealing.add(chunk.bytes);
    options.onProgress?.({ bytes: size });
  }
  const last = cutter.end();
  if (last !== undefined) await sealing.add(last.bytes);
  if (options.size !== undefined && size !== options.size) throw sourceChanged(key, options.size, size);
  return { digest: digest.digest(), size };
}

/** The chunks of a version, as far as they are here and can be read; null where none are. */
async function chunksOf(blobs: BlobStore, space: OpenSpace, entry: Entry): ReturnType<typeof knownChunks> {
  const root = entry.body.content;
  if (root === null) return null;
  try {
    const secret = space.keys.openMetadata(entry).rootSecret;
    return secret === null ? null : await knownChunks(blobs, space, { root, secret });
  } catch (error) {
    if (isGstoreError(error)) return null;
    throw error;
  }
}
