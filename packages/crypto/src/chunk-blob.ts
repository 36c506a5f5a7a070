import { TAG_BYTES } from "./aead.ts";

/** The version that a sealed chunk begins with, docs/spec/sealing.md. */
export const CHUNK_BLOB_VERSION = 1;
export const CHUNK_HEAD: Uint8Array = Uint8Array.of(CHUNK_BLOB_VERSION);

/** Bytes of the blob that so many encoded bytes are sealed into. */
export function sealedChunkBytes(encodedBytes: number): number {
  return CHUNK_HEAD.length + encodedBytes + TAG_BYTES;
}
