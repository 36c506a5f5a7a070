import { type Chunker, createChunker, createReferenceChunker } from "@gstore/chunker";
import type { BenchContext } from "../benchmark.ts";
import { memoryCopy } from "../limits/memory-copy.ts";
import { fastest, megabytesPerSecond } from "../timing.ts";
import { randomBytes } from "./inputs.ts";

const KIB = 1024;
const MIB = KIB * KIB;
const TOTAL_BYTES = 256 * MIB;

export async function run({ report }: BenchContext): Promise<void> {
  const limit = await memoryCopy();
  const seed = new Uint8Array(32).fill(1);
  const fast = createChunker(seed);
  const random = randomBytes(TOTAL_BYTES);
  const zeros = new Uint8Array(TOTAL_BYTES);
  const cases = [
    { name: "cutter, random, slices of 512 KiB", chunker: fast, bytes: random, sliceBytes: 512 * KIB },
    { name: "cutter, random, slices of 64 KiB", chunker: fast, bytes: random, sliceBytes: 64 * KIB },
    { name: "cutter, zeros, slices of 512 KiB", chunker: fast, bytes: zeros, sliceBytes: 512 * KIB },
    {
      name: "reference in TypeScript, random",
      chunker: createReferenceChunker(seed),
      bytes: random.subarray(0, 32 * MIB),
      sliceBytes: 512 * KIB,
    },
  ];
  for (const { name, chunker, bytes, sliceBytes } of cases) {
    const took = await fastest(4, () => cut(chunker, bytes, sliceBytes));
    report.figure({ name, value: megabytesPerSecond(bytes.length, took), unit: "MB/s", limit });
  }
}

function cut(chunker: Chunker, bytes: Uint8Array, sliceBytes: number): void {
  const cutter = chunker.cutter();
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    for (const _chunk of cutter.push(bytes.subarray(at, at + sliceBytes)));
  }
  cutter.end();
}
