import { CHUNK_BYTES_MAX, CHUNK_BYTES_MIN } from "@gstore/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHUNK_BYTES_NORMAL } from "../src/cut-rule.ts";
import { createChunker, createReferenceChunker } from "../src/index.ts";
import { COUNTING_SEED, chunksOf, cutsOf, randomBytes, sliced } from "./inputs.ts";

const chunker = createChunker(COUNTING_SEED);
const reference = createReferenceChunker(COUNTING_SEED);
const bytes = randomBytes(3 << 20);

describe("ChunkCutter", () => {
  test("cuts alike however the stream is sliced, and loses no byte", () => {
    const whole = cutsOf(chunker, bytes);
    const small = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 20 });
    const large = fc.array(fc.integer({ min: 0, max: 700_000 }), { minLength: 1, maxLength: 8 });
    const lengths = fc.oneof(small, large).filter((each) => each.some((length) => length > 0));
    fc.assert(
      fc.property(lengths, (each) => {
        const chunks = chunksOf(chunker.cutter(), sliced(bytes, each));
        expect(chunks.map(({ offset, bytes: chunk }) => offset + chunk.length)).toEqual(whole);
        expect(Buffer.concat(chunks.map((chunk) => chunk.bytes)).equals(bytes)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("cuts a stream of single bytes like the whole", () => {
    const part = bytes.subarray(0, 600_000);
    expect(cutsOf(chunker, part, [1])).toEqual(cutsOf(chunker, part));
  });

  test("cuts like the reference at every length near a limit", () => {
    const zeros = new Uint8Array(2 * CHUNK_BYTES_MAX + 40);
    for (const limit of [0, CHUNK_BYTES_MIN, CHUNK_BYTES_NORMAL, CHUNK_BYTES_MAX, 2 * CHUNK_BYTES_MAX]) {
      for (const more of [-33, -32, -17, -16, -15, -2, -1, 0, 1, 2, 15, 16, 17, 31, 32, 33]) {
        const length = Math.max(0, limit + more);
        for (const source of [bytes.subarray(0, length), zeros.subarray(0, length)]) {
          const expected = cutsOf(reference, source);
          expect(cutsOf(chunker, source)).toEqual(expected);
          expect(cutsOf(chunker, source, [65_536])).toEqual(expected);
        }
      }
    }
  });

  test("cuts like the reference under any seed", () => {
    const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const range = fc.tuple(fc.nat(1 << 20), fc.nat(2 << 20));
    fc.assert(
      fc.property(seed, range, (key, [from, length]) => {
        const part = bytes.subarray(from, from + length);
        expect(cutsOf(createChunker(key), part)).toEqual(cutsOf(createReferenceChunker(key), part));
      }),
      { numRuns: 15 },
    );
  });

  test("gives an input below the least size as one chunk and an empty one as none", () => {
    expect(cutsOf(chunker, bytes.subarray(0, CHUNK_BYTES_MIN - 1))).toEqual([CHUNK_BYTES_MIN - 1]);
    expect(cutsOf(chunker, new Uint8Array(0))).toEqual([]);
    expect(chunksOf(chunker.cutter(), [new Uint8Array(0), new Uint8Array(0)])).toEqual([]);
  });

  test("has taken a slice in once its push was iterated", () => {
    const reused = Buffer.alloc(50_000);
    const slices = function* () {
      for (const slice of sliced(bytes, [reused.length])) {
        reused.set(slice);
        yield reused.subarray(0, slice.length);
        reused.fill(0);
      }
    };
    const chunks = chunksOf(chunker.cutter(), slices());
    expect(Buffer.concat(chunks.map((chunk) => chunk.bytes)).equals(bytes)).toBe(true);
  });

  test("lends chunks that lie within a slice without copying them", () => {
    const [chunk] = chunker.cutter().push(bytes);
    expect(chunk?.bytes.buffer).toBe(bytes.buffer);
  });

  test("holds at most the largest chunk however long the stream and its slices are", () => {
    const cutter = chunker.cutter();
    for (const slice of sliced(new Uint8Array(9 << 20), [1, 700_000, 2_500_000])) {
      for (const { bytes: chunk } of cutter.push(slice)) {
        if (chunk.buffer !== slice.buffer)
          expect(chunk.buffer.byteLength).toBeLessThanOrEqual(CHUNK_BYTES_MAX);
      }
    }
    expect(cutter.end()?.bytes.buffer.byteLength ?? 0).toBeLessThanOrEqual(CHUNK_BYTES_MAX);
  });

  test("serves interleaved streams with one chunker", () => {
    const expected = cutsOf(chunker, bytes);
    const cutters = [chunker.cutter(), chunker.cutter(), createChunker(new Uint8Array(32)).cutter()];
    const cuts = cutters.map((): number[] => []);
    for (const slice of sliced(bytes, [100_000])) {
      cutters.forEach((cutter, at) => {
        for (const chunk of cutter.push(slice)) cuts[at]?.push(chunk.offset + chunk.bytes.length);
      });
    }
    for (const cutter of cutters) cutter.end();
    expect(cuts[0]).toEqual(expected.slice(0, -1));
    expect(cuts[1]).toEqual(expected.slice(0, -1));
    expect(cuts[2]).not.toEqual(expected.slice(0, -1));
  });

  test("asserts that a push is iterated to its end and that nothing follows the end", () => {
    const left = chunker.cutter();
    for (const _chunk of left.push(bytes)) break;
    expect(() => [...left.push(bytes)]).toThrow(/before its last push was iterated/);
    expect(() => left.end()).toThrow(/before its last push was iterated/);
    const ended = chunker.cutter();
    ended.end();
    expect(() => [...ended.push(bytes)]).toThrow(/after its end/);
    expect(() => ended.end()).toThrow(/after its end/);
  });
});
