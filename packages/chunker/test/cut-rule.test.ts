import { CHUNK_BYTES_AVG, CHUNK_BYTES_MAX, CHUNK_BYTES_MIN } from "@gstore/core";
import { describe, expect, test } from "vitest";
import { type Chunker, createChunker } from "../src/index.ts";
import { COUNTING_SEED, chunksOf, counterBytes, cutsOf, randomBytes, randomSlices } from "./inputs.ts";

const KIB = 1024;
const chunker = createChunker(COUNTING_SEED);

describe("chunk sizes", () => {
  test("of random bytes have a mean within 5 percent of 256 KiB and keep the limits", () => {
    const sizes = sizesOf(chunker, randomSlices(512 << 20));
    const whole = sizes.slice(0, -1);
    const mean = whole.reduce((sum, size) => sum + size, 0) / whole.length;
    expect(Math.abs(mean / CHUNK_BYTES_AVG - 1)).toBeLessThan(0.05);
    expect(Math.min(...whole)).toBeGreaterThanOrEqual(CHUNK_BYTES_MIN);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(CHUNK_BYTES_MAX);
    // Normalized: four in five lie between 192 and 384 KiB; cut at one rate from the least size on, one in three would.
    const central = whole.filter((size) => size >= 192 * KIB && size < 384 * KIB).length / whole.length;
    expect(central).toBeGreaterThan(0.75);
  });

  test.each(["01", "ACGT", "0123456789\n", "etaoin shrdlu.,\n"])(
    "do not run to the most in noise of %j",
    (alphabet) => {
      const bytes = counterBytes({ label: "noise", length: 8 << 20, alphabet });
      for (const fill of [0, 1, 2]) {
        const sizes = sizesOf(createChunker(new Uint8Array(32).fill(fill)), [bytes]);
        const mean = bytes.length / sizes.length;
        expect(mean).toBeGreaterThan(CHUNK_BYTES_AVG / 2);
        expect(mean).toBeLessThan(CHUNK_BYTES_AVG * 2);
      }
    },
  );
});

describe("content-defined boundaries", () => {
  const bytes = Buffer.concat([...randomSlices(16 << 20)]);

  test.each([
    ["insertion of a byte", 0, 1],
    ["insertion of 5,000 bytes", 0, 5000],
    ["removal of 700 bytes", 700, 0],
    ["change of 100 bytes", 100, 100],
  ])("come back after the %s", (_edit, removed, inserted) => {
    for (const at of [0, 1, 5_000_000, bytes.length / 2, bytes.length - 10_000]) {
      const edited = Buffer.concat([
        bytes.subarray(0, at),
        randomBytes(inserted, "new"),
        bytes.subarray(at + removed),
      ]);
      const before = new Set(texts(chunker, bytes));
      const unknown = texts(chunker, edited).filter((text) => !before.has(text));
      expect(unknown.length).toBeLessThanOrEqual(6);
    }
  });

  test("depend on the seed", () => {
    const ours = new Set(cutsOf(chunker, bytes));
    const other = Uint8Array.from(COUNTING_SEED);
    other[31] = 0;
    const theirs = cutsOf(createChunker(other), bytes).slice(0, -1);
    expect(theirs.filter((cut) => ours.has(cut))).toEqual([]);
  });
});

function sizesOf(by: Chunker, slices: Iterable<Uint8Array>): number[] {
  const cutter = by.cutter();
  const sizes: number[] = [];
  for (const slice of slices) for (const chunk of cutter.push(slice)) sizes.push(chunk.bytes.length);
  return [...sizes, cutter.end()?.bytes.length ?? 0];
}

/** A short name of each chunk: random chunks that agree in their size and first bytes are the same. */
function texts(by: Chunker, bytes: Uint8Array): string[] {
  return chunksOf(by.cutter(), [bytes]).map(
    (chunk) => `${chunk.bytes.length} ${Buffer.from(chunk.bytes.subarray(0, 32)).toString("hex")}`,
  );
}
