// MB/s of cutting, beside a plain copy of the same bytes in the same run:
// node --conditions=@gstore/source packages/chunker/bench/chunker.bench.ts [MiB, default 256] [rounds, default 5]
import { createCipheriv } from "node:crypto";
import { type Chunker, chunkStream, createChunker, createReferenceChunker } from "../src/index.ts";

const MIB = 1 << 20;
const [mebibytes = 256, rounds = 5] = process.argv.slice(2).map(Number);
const seed = new Uint8Array(32).fill(1);
const wasm = createChunker(seed);
const reference = createReferenceChunker(seed);

const zeros = new Uint8Array(mebibytes * MIB);
const random = createCipheriv("aes-128-ctr", new Uint8Array(16), new Uint8Array(16)).update(zeros);

function copy(bytes: Uint8Array): void {
  const target = new Uint8Array(MIB);
  for (let at = 0; at < bytes.length; at += MIB) target.set(bytes.subarray(at, at + MIB));
}

function cut(chunker: Chunker, bytes: Uint8Array, sliceBytes: number): void {
  const cutter = chunker.cutter();
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    for (const _chunk of cutter.push(bytes.subarray(at, at + sliceBytes)));
  }
  cutter.end();
}

async function stream(bytes: Uint8Array, sliceBytes: number): Promise<void> {
  const source = (async function* () {
    for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes);
  })();
  for await (const _chunk of chunkStream(source, { chunker: wasm }));
}

const cases: readonly (readonly [name: string, run: () => void | Promise<void>])[] = [
  ["Buffer copy, 1 MiB at a time", () => copy(random)],
  ["cutter, random, slices of 1 MiB", () => cut(wasm, random, MIB)],
  ["cutter, random, slices of 64 KiB", () => cut(wasm, random, 64 * 1024)],
  ["cutter, zeros, slices of 1 MiB", () => cut(wasm, zeros, MIB)],
  ["chunkStream, random, slices of 1 MiB", () => stream(random, MIB)],
  ["chunkStream, random, slices of 64 KiB", () => stream(random, 64 * 1024)],
  ["reference cutter, random, slices of 1 MiB", () => cut(reference, random, MIB)],
];

// In rounds, so that a busy moment of the machine does not fall on one case; the best round counts.
const best = new Map<string, number>();
for (let round = 0; round < rounds; round++) {
  for (const [name, run] of cases) {
    const started = performance.now();
    await run();
    const speed = (mebibytes * MIB) / (performance.now() - started) / 1000;
    best.set(name, Math.max(speed, best.get(name) ?? 0));
  }
}
for (const [name, speed] of best)
  process.stdout.write(`${name.padEnd(44)}${speed.toFixed(0).padStart(7)} MB/s\n`);
process.stdout.write(`RSS ${(process.memoryUsage().rss / MIB).toFixed(0)} MiB\n`);
