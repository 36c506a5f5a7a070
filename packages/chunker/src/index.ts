export type { Chunk, ChunkCutter } from "./chunk-cutter.ts";
export { type ChunkStreamOptions, chunkStream } from "./chunk-stream.ts";
export { type Chunker, createChunker, createReferenceChunker } from "./chunker.ts";
export { CHUNK_SEED_BYTES } from "./gear-table.ts";
