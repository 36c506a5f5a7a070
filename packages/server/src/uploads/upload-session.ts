import {
  type BlobSecret,
  type BlobStore,
  type ContentRoot,
  createDigestStream,
  type DigestStream,
  freeMemory,
  GstoreError,
  throwIfAborted,
} from "@gstore/core";
import { decodeChunk } from "@gstore/crypto";
import { ManifestBuilder, type ManifestBuilderChild, type SealedBlob } from "../manifest-builder.ts";
import type { OpenSpace } from "../membership/spaces.ts";

/** What goes on between the pieces of an upload. It can be made again of what lies on the disk, by reading all of that. */
export interface UploadSession {
  /** The keys that it was begun with: when they are renewed it is made again. */
  readonly state: string;
  readonly manifest: ManifestBuilder;
  readonly digest: DigestStream;
  /** The bytes after the last cut, as a chunk of their own: cut again together with what follows. */
  tail: ManifestBuilderChild | null;
  /** Bytes of chunks and manifest nodes so far, the tail left out. */
  storedBytes: number;
  /** Takes the manifest's nodes; of whoever appends now. */
  store: (node: SealedBlob) => Promise<void>;
}

export function newSession(space: OpenSpace): UploadSession {
  const session: UploadSession = {
    state: space.state,
    manifest: new ManifestBuilder(space.keys, (node) => session.store(node)),
    digest: createDigestStream(),
    tail: null,
    storedBytes: 0,
    store: async () => {
      throw new Error("nobody appends to this upload");
    },
  };
  return session;
}

interface Reading {
  readonly blobs: BlobStore;
  readonly space: OpenSpace;
  readonly signal: AbortSignal;
}

/** Makes a session again: what came is read, verified and hashed anew. Rejects where it can't be read. */
export async function sessionOf(
  reading: Reading,
  { root, secret, size }: { root: ContentRoot; secret: BlobSecret; size: number },
): Promise<UploadSession> {
  const { blobs, space } = reading;
  const session = newSession(space);
  session.store = async ({ digest, blob }) => {
    session.storedBytes += blob.length;
    await blobs.put(digest, blob, { digestChecked: true, space: space.id });
  };
  let read = 0;
  for await (const chunk of chunksBelow(reading, { ...root, secret }, root.level)) {
    if (session.tail !== null) await addChunk(session, session.tail);
    session.tail = chunk;
    const plain = await plainOf(reading, chunk);
    session.digest.update(plain);
    read += plain.length;
    freeMemory(plain);
  }
  if (read === size) return session;
  throw new GstoreError("INVALID_FORMAT", `An upload of ${size} bytes has ${read}.`);
}

/** Whoever adds a chunk has stored it. */
export async function addChunk(session: UploadSession, chunk: ManifestBuilderChild): Promise<void> {
  session.storedBytes += chunk.size;
  await session.manifest.add(chunk);
}

/** The bytes of a chunk, verified by its digest and its seal. They are the caller's. */
export async function plainOf(
  { blobs, space, signal }: Reading,
  { digest, secret }: ManifestBuilderChild,
): Promise<Uint8Array> {
  const blob = await blobs.get(digest, { signal, space: space.id });
  const encoded = space.keys.openChunk(blob, secret);
  freeMemory(blob);
  const plain = decodeChunk(encoded, secret.codec, secret.plainSize);
  if (plain !== encoded) freeMemory(encoded);
  return plain;
}

async function* chunksBelow(
  reading: Reading,
  ref: ManifestBuilderChild,
  level: number,
): AsyncGenerator<ManifestBuilderChild> {
  const { blobs, space, signal } = reading;
  throwIfAborted(signal);
  if (level === 0) {
    yield ref;
    return;
  }
  const blob = await blobs.get(ref.digest, { signal, space: space.id });
  const { children, secrets } = space.keys.openManifestNode(blob, ref.secret, level);
  for (const [index, { digest, size }] of children.entries()) {
    yield* chunksBelow(reading, { digest, size, secret: secrets[index] as BlobSecret }, level - 1);
  }
}
