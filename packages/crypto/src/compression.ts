import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { assertChunkSize, type Codec } from "@gstore/core";
import { sealBroken } from "./aead.ts";

const LEVEL = 1;
const SAMPLES = 4;
const SAMPLE_BYTES = 1024;
/** Below this a frame's own 10 or so bytes eat what there is to gain. */
const PLAIN_BYTES_MIN = 64;
/** What is not smaller by this share is kept as it was: reading it back costs more than the space is worth. */
const SAVING_SHARE: number = 1 / 16;
/** Bits per byte, of 8, above which an order-0 sample promises too little to try. Encrypted, zipped and coded media are above. */
const ENTROPY_BITS_MAX = 7.8;
/** A frame may ask for a window of 2^20 bytes, a whole chunk, and no more. */
const WINDOW_LOG_MAX = 20;
/** zlib's smallest output buffer. */
const OUTPUT_BYTES_MIN = 64;

/** A chunk in the form that is sealed. `bytes` may be the very array that was given. */
export interface EncodedChunk {
  readonly codec: Codec;
  readonly bytes: Uint8Array;
}

/** Compresses a chunk with zstd where that saves at least a sixteenth. A sample decides whether to try. */
export function encodeChunk(plain: Uint8Array): EncodedChunk {
  assertChunkSize(plain.length);
  if (plain.length < PLAIN_BYTES_MIN || sampledEntropy(plain) > ENTROPY_BITS_MAX)
    return { codec: "none", bytes: plain };
  const bytes = zstdCompressSync(plain, {
    chunkSize: plain.length,
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
  });
  if (bytes.length > plain.length * (1 - SAVING_SHARE)) return { codec: "none", bytes: plain };
  return { codec: "zstd", bytes };
}

/**
 * Undoes {@link encodeChunk}. Throws `SEAL_BROKEN` unless exactly `plainSize` bytes come out, `INVALID_FORMAT` for a
 * claim above `CHUNK_BYTES_MAX`. Holds no more than `plainSize` bytes of output and a window of `CHUNK_BYTES_MAX`.
 */
export function decodeChunk(bytes: Uint8Array, codec: Codec, plainSize: number): Uint8Array {
  assertChunkSize(plainSize);
  const plain = codec === "none" ? bytes : decompress(bytes, plainSize);
  if (plain.length !== plainSize)
    throw sealBroken("A chunk", `holds ${plain.length} bytes, not ${plainSize}`);
  return plain;
}

function decompress(bytes: Uint8Array, plainSize: number): Uint8Array {
  try {
    const plain = zstdDecompressSync(bytes, {
      // One byte to spare, so that a full buffer does not make zlib ask for a second one.
      chunkSize: Math.max(OUTPUT_BYTES_MIN, plainSize + 1),
      maxOutputLength: Math.max(1, plainSize),
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
    });
    return new Uint8Array(plain.buffer, plain.byteOffset, plain.length);
  } catch {
    throw sealBroken("A chunk", "does not decompress to its size");
  }
}

const counts: Uint32Array = new Uint32Array(256);
/** n log2 n for every count that can occur: a logarithm for each of 256 values is most of the work otherwise. */
const COUNT_TIMES_LOG: Float64Array = Float64Array.from({ length: SAMPLES * SAMPLE_BYTES + 1 }, (_, count) =>
  count === 0 ? 0 : count * Math.log2(count),
);

/** Shannon entropy of single bytes over samples spread evenly, in bits, with Miller and Madow's correction for few bytes. */
function sampledEntropy(plain: Uint8Array): number {
  counts.fill(0);
  const isSmall = plain.length <= SAMPLES * SAMPLE_BYTES;
  const total = isSmall ? plain.length : SAMPLES * SAMPLE_BYTES;
  const stride = isSmall ? SAMPLE_BYTES : Math.floor((plain.length - SAMPLE_BYTES) / (SAMPLES - 1));
  for (let sample = 0; sample < SAMPLES; sample++) {
    const end = Math.min(sample * stride + SAMPLE_BYTES, plain.length);
    for (let at = sample * stride; at < end; at++) (counts[plain[at] as number] as number)++;
  }
  let sum = 0;
  let kinds = 0;
  for (const count of counts) {
    sum += COUNT_TIMES_LOG[count] as number;
    if (count > 0) kinds++;
  }
  return Math.log2(total) - sum / total + (kinds - 1) / (2 * total * Math.LN2);
}
