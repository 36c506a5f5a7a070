import { createCipheriv, createHash } from "node:crypto";

const PART_BYTES = 1024 * 1024;

/** What tests that draw lots begin with. Their names tell it, so that a failure can be had again. */
export const testSeed: string = process.env.GSTORE_TEST_SEED ?? `seed ${Date.now()}`;

/** The same incompressible bytes for the same seed, as a stream of any length. */
export async function* pseudoStream(seed: string, size: number): AsyncGenerator<Buffer> {
  const key = createHash("sha256").update(seed).digest();
  const cipher = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  const zeros = Buffer.alloc(PART_BYTES);
  for (let left = size; left > 0; left -= PART_BYTES) {
    yield cipher.update(left < PART_BYTES ? zeros.subarray(0, left) : zeros);
  }
}

/** The first bytes of that stream. */
export function pseudoBytes(seed: string, size: number): Buffer {
  const key = createHash("sha256").update(seed).digest();
  return createCipheriv("aes-256-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(size));
}

/** Digest and size of a stream, without keeping it. */
export async function digestOf(
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<{ readonly digest: string; readonly size: number }> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const part of parts) {
    hash.update(part);
    size += part.length;
  }
  return { digest: hash.digest("hex"), size };
}

/** Numbers from 0 to below 1, the same for the same seed. */
export function seededRandom(seed: string): () => number {
  let drawn = 0;
  return () => {
    const hash = createHash("sha256").update(`${seed} ${drawn++}`).digest();
    return hash.readUInt32LE(0) / 2 ** 32;
  };
}
