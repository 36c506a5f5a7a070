import { digestFromBytes, digestOf, type Entry, throwIfAborted } from "@gstore/core";
import { encodeChunk } from "@gstore/crypto";
import type { SealedBlob } from "./manifest-builder.ts";
import type { OpenSpace } from "./membership/spaces.ts";
import { describe, type PutDependencies, type PutOutcome, type PutRequest } from "./put-file.ts";
import type { InlineBlob } from "./replication/blob-push.ts";
import { sourceChanged, sourceSlices } from "./source-slices.ts";

export interface SmallPutRequest extends Omit<PutRequest, "source" | "push" | "previous" | "written"> {
  /** All of the file. */
  readonly bytes: Uint8Array;
  /** Called with the entry and the blobs to send along, in order of seq once both are synced, to announce it. */
  readonly written: (entry: Entry, blobs: readonly InlineBlob[]) => void;
}

/**
 * The way of a file of one chunk: compress where it helps, seal, and store blob and entry together, with those of other
 * small files that are being put. Once it resolves both are synced here.
 */
export async function putSmallFile(
  { author, window }: Pick<PutDependencies, "author" | "window">,
  request: SmallPutRequest,
): Promise<PutOutcome> {
  const { space, key, bytes, options } = request;
  const size = bytes.length;
  if (options.size !== undefined && options.size !== size) throw sourceChanged(key, options.size, size);
  throwIfAborted(options.signal);
  options.onProgress?.({ bytes: size });
  const sealed = seal(space, bytes);
  await window.acquire(sealed?.blob.length ?? 0, options.signal);
  try {
    // The key of a chunk that was not compressed comes from the digest of its bytes, which are the file's.
    const isPlain = sealed?.secret.codec === "none";
    const contentDigest = isPlain ? digestFromBytes(sealed.secret.material) : digestOf(bytes);
    const metadata = describe(key, options, { size, contentDigest, rootSecret: sealed?.secret ?? null });
    const keyId = space.keys.keyIdOf(key);
    const blob = sealed && { digest: sealed.digest, bytes: sealed.blob };
    let newBytes = 0;
    const entry = await author.write({
      ...{ space: space.id, keyId, op: "put", blob },
      policyClass: request.policyClass,
      placement: request.placement,
      content: blob && { level: 0, digest: blob.digest, size: blob.bytes.length },
      storedBytes: blob?.bytes.length ?? 0,
      sealed: space.keys.sealMetadata({ space: space.id, keyId }, metadata),
      written: (written, isBlobNew) => {
        if (blob && isBlobNew) newBytes = blob.bytes.length;
        request.written(written, blob ? [blob] : []);
      },
    });
    return { entry, digest: contentDigest, size, newBytes };
  } finally {
    window.release(sealed?.blob.length ?? 0);
  }
}

/** All of a source that was announced to give so many bytes. */
export async function readWhole(
  source: AsyncIterable<Uint8Array>,
  { key, size, signal }: { key: string; size: number; signal: AbortSignal },
): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let at = 0;
  for await (const slice of sourceSlices(source, signal)) {
    if (at + slice.length > size) throw sourceChanged(key, size, at + slice.length);
    bytes.set(slice, at);
    at += slice.length;
  }
  if (at < size) throw sourceChanged(key, size, at);
  return bytes;
}

function seal({ keys }: OpenSpace, plain: Uint8Array): SealedBlob | null {
  if (plain.length === 0) return null;
  return keys.sealChunk({ ...encodeChunk(plain), plainSize: plain.length });
}
