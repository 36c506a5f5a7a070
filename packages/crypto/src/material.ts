import { digestOf, digestToBytes } from "@gstore/core";
import { LABELS } from "./labels.ts";

/** The hash that a chunk's key is derived from: of its bytes as `encodeChunk` gave them. */
export function chunkMaterial(encoded: Uint8Array): Uint8Array {
  return hashOf(encoded);
}

/** Over all that a manifest node's key will ever seal or bind: the clear fields with their length in front, then the secrets. */
export function manifestMaterial(aad: Uint8Array, plain: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(aad.length);
  return hashOf(Buffer.concat([LABELS.manifestMaterial, length, aad, plain]));
}

/** The 32 bytes of a digest in memory of their own: a slice of Buffer's pool would take the pool along to other threads. */
function hashOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(digestToBytes(digestOf(bytes)));
}
