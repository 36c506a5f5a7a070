import type { BenchContext, Benchmark } from "./benchmark.ts";

/** Loaded one by one: what one needs must not weigh on the figures of another. */
function benchmark(
  name: string,
  about: string,
  load: () => Promise<{ run: (context: BenchContext) => Promise<void> }>,
): Benchmark {
  return { name, about, run: async (context) => await (await load()).run(context) };
}

export const BENCHMARKS: readonly Benchmark[] = [
  benchmark("micro/hash", "BLAKE3 digests", () => import("./micro/hash.ts")),
  benchmark("micro/chunk", "cutting a stream at content", () => import("./micro/chunk.ts")),
  benchmark("micro/compress", "zstd where a probe says that it helps", () => import("./micro/compress.ts")),
  benchmark("micro/seal", "a chunk's key, AES-256-GCM and digest", () => import("./micro/seal.ts")),
  benchmark("micro/sign", "entries, alone and in batches", () => import("./micro/sign.ts")),
  benchmark("micro/pack", "durable puts and gets of the disk store", () => import("./micro/pack.ts")),
  benchmark("micro/index", "lookups, names and listings", () => import("./micro/index.ts")),
  benchmark("micro/bulk", "bulk transfers between two processes", () => import("./micro/bulk.ts")),
  benchmark("micro/request", "round trips between two processes", () => import("./micro/request.ts")),
  benchmark(
    "file",
    "one large file: put, and get from here and from another node",
    () => import("./end-to-end/file.ts"),
  ),
  benchmark(
    "small-files",
    "10,000 files of 4 KiB onto two nodes",
    () => import("./end-to-end/small-files.ts"),
  ),
  benchmark(
    "latency",
    "a 4 KiB put until it is durable on two nodes and read on the other",
    () => import("./end-to-end/latency.ts"),
  ),
  benchmark("range", "4 KiB out of a large file on another node", () => import("./end-to-end/range.ts")),
  benchmark("start-up", "the command line's start", () => import("./end-to-end/start-up.ts")),
  benchmark("keys", "a node with more and more keys", () => import("./end-to-end/keys.ts")),
  benchmark("micro/relay", "memory of a relay between two members", () => import("./micro/relay.ts")),
  benchmark("idle", "two nodes in sync, and one that comes back", () => import("./end-to-end/idle.ts")),
  benchmark("sizes", "files of more and more bytes", () => import("./end-to-end/sizes.ts")),
];
