import { expect, test } from "vitest";
import { systemRandom } from "../src/index.ts";

test("random bytes are as many as asked for, and never the same again", () => {
  const seen = new Set<string>();
  for (let round = 0; round < 2000; round++) {
    for (const length of [16, 32, 64, 65]) {
      const bytes = systemRandom.bytes(length);
      expect(bytes).toHaveLength(length);
      seen.add(Buffer.from(bytes.subarray(0, 16)).toString("hex"));
    }
  }
  expect(seen.size).toBe(8000);
});

test("random bytes are the caller's own memory", () => {
  const first = systemRandom.bytes(16);
  const copy = Uint8Array.from(first);
  const others = Array.from({ length: 1000 }, () => systemRandom.bytes(16).fill(0));
  expect(first).toEqual(copy);
  expect(first.buffer.byteLength).toBe(16);
  expect(others.every((other) => other.buffer !== first.buffer)).toBe(true);
});
