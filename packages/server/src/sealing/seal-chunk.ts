import { chunkMaterial, encodeChunk, type SpaceKeys } from "@gstore/crypto";
import type { SealedBlob } from "../manifest-builder.ts";
import { findMaterial } from "./material-table.ts";

/** A chunk sealed anew, or the place in the table of one that was found there. */
export type SealOutcome = { readonly sealed: SealedBlob } | { readonly known: number };

export interface SealOptions {
  /** Chunks that need not be sealed again: see {@link findMaterial}. */
  readonly known?: SharedArrayBuffer | undefined;
  /** Memory that the blob is made in. */
  readonly into?: Uint8Array | undefined;
}

/** Compresses a chunk where that helps and seals it, unless a chunk of the same encoded bytes is known. */
export function sealChunk(keys: SpaceKeys, plain: Uint8Array, { known, into }: SealOptions): SealOutcome {
  const { codec, bytes } = encodeChunk(plain);
  const material = chunkMaterial(bytes);
  const place = known === undefined ? -1 : findMaterial(known, material);
  if (place >= 0) return { known: place };
  return {
    sealed: keys.sealChunk({ bytes, codec, plainSize: plain.length, material, ...(into && { into }) }),
  };
}
