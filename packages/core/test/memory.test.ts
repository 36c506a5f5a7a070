import { expect, test } from "vitest";
import { freeMemory } from "../src/index.ts";

test("memory of one's own is freed at once", () => {
  const bytes = Buffer.allocUnsafeSlow(1024 * 1024);
  const view = bytes.subarray(10, 20);
  freeMemory(view);
  expect([bytes.length, view.length]).toEqual([0, 0]);
});

test("the pool that small Buffers share is left alone, whatever its size", () => {
  const size = Buffer.poolSize;
  try {
    for (const poolSize of [size, 8 * 1024, 64 * 1024, 256 * 1024]) {
      Buffer.poolSize = poolSize;
      // The next pool is made when the last one is used up.
      const slices = Array.from({ length: 300 }, (_, index) => Buffer.from(`${index}`.padEnd(3000)));
      const of = slices.at(-1) as Buffer;
      expect(of.buffer.byteLength).toBe(poolSize);
      freeMemory(of);
      for (const [index, slice] of slices.entries()) expect(slice.toString()).toBe(`${index}`.padEnd(3000));
    }
  } finally {
    Buffer.poolSize = size;
  }
});

test("small memory of one's own is left to the garbage collector", () => {
  const bytes = new Uint8Array(16);
  freeMemory(bytes);
  expect(bytes).toHaveLength(16);
});
