export { type Chunk, ChunkCutter } from "./chunk-cutter.ts";
export { type ChunkStreamOptions, chunkStream } from "./chunk-stream.ts";
export { type Chunker, createChunker, createReferenceChunker } from "./chunker.ts";
export { CHUNK_BYTES_NORMAL, MASK_LOOSE, MASK_STRICT } from "./cut-rule.ts";
export { CHUNK_SEED_BYTES } from "./gear-table.ts";
