import { createCipheriv, createHash } from "node:crypto";
import { type Chunk, type ChunkCutter, type Chunker, chunkStream } from "../src/index.ts";

/** A part of an input as test/vectors/cuts.json states it; docs/spec/chunking.md defines both kinds. */
export type InputPart =
  | { readonly kind: "counter"; readonly label: string; readonly length: number; readonly alphabet?: string }
  | { readonly kind: "repeat"; readonly unit: string; readonly length: number };

export const COUNTING_SEED: Uint8Array = Uint8Array.from({ length: 32 }, (_, index) => index);

export function inputOf(parts: readonly InputPart[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (part.kind === "counter" ? counterBytes(part) : repeated(part))));
}

export function randomBytes(length: number, label: string = "gstore"): Uint8Array {
  return counterBytes({ label, length });
}

export function repeated({ unit, length }: { readonly unit: string; readonly length: number }): Uint8Array {
  return Buffer.alloc(length, Buffer.from(unit, "hex"));
}

export function counterBytes(part: {
  readonly label: string;
  readonly length: number;
  readonly alphabet?: string;
}): Uint8Array {
  const bytes = Buffer.alloc(Math.ceil(part.length / 32) * 32);
  const number = Buffer.alloc(4);
  for (let block = 0; block * 32 < bytes.length; block++) {
    number.writeUInt32BE(block);
    createHash("sha256")
      .update(part.label)
      .update(number)
      .digest()
      .copy(bytes, block * 32);
  }
  const letters = part.alphabet === undefined ? undefined : Buffer.from(part.alphabet);
  if (letters) for (const [at, byte] of bytes.entries()) bytes[at] = letters[byte % letters.length] as number;
  return bytes.subarray(0, part.length);
}

/** Random bytes in slices of 1 MiB, a hundred times as fast as {@link counterBytes}: AES-128-CTR of zeros. */
export function* randomSlices(length: number): Generator<Uint8Array, void, undefined> {
  const cipher = createCipheriv("aes-128-ctr", new Uint8Array(16), new Uint8Array(16));
  const zeros = new Uint8Array(1 << 20);
  for (let at = 0; at < length; at += zeros.length) yield cipher.update(zeros.subarray(0, length - at));
}

/** The slices of `bytes` with these lengths in turn, over and over; a length of 0 is an empty slice. */
export function* sliced(
  bytes: Uint8Array,
  lengths: readonly number[],
): Generator<Uint8Array, void, undefined> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] as number;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

export async function* asyncOf<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items;
}

/** All chunks of `slices` by way of the cutter, with their bytes copied while they are borrowed. */
export function chunksOf(cutter: ChunkCutter, slices: Iterable<Uint8Array>): Chunk[] {
  const chunks: Chunk[] = [];
  const keep = ({ offset, bytes }: Chunk) => chunks.push({ offset, bytes: Uint8Array.from(bytes) });
  for (const slice of slices) for (const chunk of cutter.push(slice)) keep(chunk);
  const last = cutter.end();
  if (last !== undefined) keep(last);
  return chunks;
}

/** The offset after each chunk. */
export function cutsOf(
  chunker: Chunker,
  bytes: Uint8Array,
  lengths: readonly number[] = [bytes.length],
): number[] {
  return chunksOf(chunker.cutter(), sliced(bytes, lengths)).map(({ offset, bytes }) => offset + bytes.length);
}

export async function streamed(chunker: Chunker, slices: Iterable<Uint8Array>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of chunkStream(asyncOf(slices), { chunker })) chunks.push(chunk);
  return chunks;
}
