import {
  assertChunkSize,
  type BlobSecret,
  type BlobStore,
  type ContentRoot,
  type Digest,
  freeMemory,
  isGstoreError,
  type PeerId,
  throwIfAborted,
} from "@gstore/core";
import { decodeChunk } from "@gstore/crypto";
import type { ByteWindow } from "./byte-window.ts";
import { type ManifestNodes, OpenedNode } from "./manifest-nodes.ts";
import type { OpenSpace } from "./membership/spaces.ts";
import type { BlobFetcher } from "./replication/blob-fetcher.ts";

export interface ReadDependencies {
  readonly blobs: BlobStore;
  readonly fetcher: BlobFetcher;
  /** Bytes read ahead by all gets of the node together. */
  readonly readAhead: ByteWindow;
  readonly nodes: ManifestNodes;
}

export interface ReadRequest {
  readonly space: OpenSpace;
  readonly root: ContentRoot;
  /** Members that probably have the file's blobs. */
  readonly likely: ReadonlySet<PeerId>;
  readonly secret: BlobSecret;
  /** First byte and the one after the last. */
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal;
}

/** Chunks of one file in work at once, the one its consumer waits for included. */
const READ_AHEAD_CHUNKS = 16;

/**
 * The way of a get, top to bottom: walk the manifest to the chunks of the range; take each blob from the local store or
 * else from other members; open, decompress, cut to the range. Every blob is verified by its digest and by its seal
 * before a byte of it comes out.
 */
export async function* readFile(
  dependencies: ReadDependencies,
  request: ReadRequest,
): AsyncGenerator<Uint8Array> {
  const { readAhead } = dependencies;
  const refs = walkTree(dependencies, request, { ...request.root, secret: request.secret, offset: 0 });
  const working: { plain: Promise<Uint8Array>; charged: number }[] = [];
  let next: BlobRef | null = await nextRef(refs);
  try {
    while (next !== null || working.length > 0) {
      while (next !== null && working.length < READ_AHEAD_CHUNKS) {
        // The chunk that is waited for is read in any case: a stalled consumer elsewhere must not hold this one up.
        const charged = working.length === 0 ? 0 : next.secret.plainSize;
        if (charged > 0 && !readAhead.tryAcquire(charged)) break;
        const plain = readChunk(dependencies, request, next);
        plain.catch(() => {});
        working.push({ plain, charged });
        next = await nextRef(refs);
      }
      const first = working.shift() as { plain: Promise<Uint8Array>; charged: number };
      try {
        yield await first.plain;
      } finally {
        if (first.charged > 0) readAhead.release(first.charged);
      }
      throwIfAborted(request.signal);
    }
  } finally {
    for (const { charged } of working) if (charged > 0) readAhead.release(charged);
    await refs.return(undefined);
  }
}

/** A blob of the tree, and where in the file its bytes begin. */
interface BlobRef {
  readonly level: number;
  readonly digest: Digest;
  readonly size: number;
  readonly secret: BlobSecret;
  readonly offset: number;
}

async function nextRef(refs: AsyncGenerator<BlobRef>): Promise<BlobRef | null> {
  const result = await refs.next();
  return result.done ? null : result.value;
}

/** The chunks below a blob of the range, in order; subtrees outside the range are not read. */
async function* walkTree(
  dependencies: ReadDependencies,
  request: ReadRequest,
  ref: BlobRef,
): AsyncGenerator<BlobRef, undefined> {
  if (ref.level === 0) {
    assertChunkSize(ref.secret.plainSize);
    yield ref;
    return;
  }
  const node = await openNode(dependencies, request, ref);
  for (let index = node.indexAt(request.start - ref.offset); index < node.count; index++) {
    const { digest, size, secret, start } = node.child(index);
    const offset = ref.offset + start;
    if (offset >= request.end) return;
    yield* walkTree(dependencies, request, { level: ref.level - 1, digest, size, secret, offset });
  }
}

/** A manifest node, verified and opened now or a little while ago. */
async function openNode(
  dependencies: ReadDependencies,
  request: ReadRequest,
  ref: BlobRef,
): Promise<OpenedNode> {
  const { nodes } = dependencies;
  const { id, keys } = request.space;
  const known = nodes.find(id, ref);
  if (known !== undefined) return known;
  const blob = await readBlob(dependencies, request, ref);
  const node = new OpenedNode(keys.openManifestNode(blob, ref.secret, ref.level));
  nodes.keep(id, ref, node);
  freeMemory(blob);
  return node;
}

/** A chunk's bytes, cut to the range; whoever gets them owns their memory. */
async function readChunk(
  dependencies: ReadDependencies,
  request: ReadRequest,
  ref: BlobRef,
): Promise<Uint8Array> {
  const blob = await readBlob(dependencies, request, ref);
  const encoded = request.space.keys.openChunk(blob, ref.secret);
  // Left to the garbage collector, such buffers make it look through all of the heap once per 32 MiB of file.
  freeMemory(blob);
  const plain = decodeChunk(encoded, ref.secret.codec, ref.secret.plainSize);
  if (plain !== encoded) freeMemory(encoded);
  const from = Math.max(0, request.start - ref.offset);
  const to = Math.min(plain.length, request.end - ref.offset);
  return from === 0 && to === plain.length ? plain : plain.subarray(from, to);
}

/** A blob from here or from another member; its memory is ours. One that was damaged here is replaced by what came. */
async function readBlob(
  { blobs, fetcher }: ReadDependencies,
  request: ReadRequest,
  ref: BlobRef,
): Promise<Uint8Array> {
  const { signal, likely } = request;
  const space = request.space.id;
  try {
    return await blobs.get(ref.digest, { signal });
  } catch (error) {
    if (!isGstoreError(error, "BLOB_NOT_FOUND", "BLOB_DAMAGED", "STORE_IO")) throw error;
    const version = { root: request.root.digest, isUpkeep: false };
    const blob = await fetcher.fetch(ref.digest, { space, likely, version, signal });
    if (error.code === "BLOB_DAMAGED")
      await blobs.put(ref.digest, blob, { digestChecked: true, space }).catch(() => false);
    return blob;
  }
}
