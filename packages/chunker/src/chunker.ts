import { ChunkCutter } from "./chunk-cutter.ts";
import { deriveGearTable, type GearTable } from "./gear-table.ts";
import { ReferenceScanner } from "./reference-scanner.ts";
import type { Scanner } from "./scanner.ts";
import { WasmScanner, wasmSimdSupported } from "./wasm-scanner.ts";

/**
 * Cuts streams into content-defined chunks under one seed. It holds no state of any stream, so that one serves any
 * number of streams at once and for as long as the process lives. Same seed and same bytes: same chunks, everywhere.
 */
export interface Chunker {
  /** Begins a stream. Nothing need be closed: a cutter that is dropped is garbage. */
  cutter(): ChunkCutter;
}

/**
 * A chunker under `seed`, the chunk seed of a space: 32 secret bytes, copied from before this returns. Throws
 * `INVALID_ARGUMENT` for another length. Costs about 50 µs; the WebAssembly behind it is compiled once a process, at
 * the first stream longer than the least chunk. Where there is no WebAssembly with SIMD the cut points are the same and
 * found at about half the speed.
 */
export function createChunker(seed: Uint8Array): Chunker {
  return chunkerOf(seed, (table) =>
    wasmSimdSupported() ? new WasmScanner(table) : new ReferenceScanner(table),
  );
}

/** The same in plain TypeScript: the oracle of the tests, and what {@link createChunker} falls back to. */
export function createReferenceChunker(seed: Uint8Array): Chunker {
  return chunkerOf(seed, (table) => new ReferenceScanner(table));
}

function chunkerOf(seed: Uint8Array, scannerOf: (table: GearTable) => Scanner): Chunker {
  const scanner = scannerOf(deriveGearTable(seed));
  return { cutter: () => new ChunkCutter(scanner) };
}
