import { expect, test } from "vitest";
import { FrameMemory } from "../src/frame-memory.ts";
import { FRAME_MEMORY_BYTES_MAX } from "../src/limits.ts";

const KIB = 1024;

test("memory given back is used for the next frame while a transfer runs, and freed after the last one", () => {
  const memory = new FrameMemory();
  memory.began();
  const first = memory.take(300 * KIB);
  expect(memory.take(300 * KIB)).not.toBe(first);
  memory.recycle(new Uint8Array(first, 33, 1000));
  expect(memory.take(290 * KIB)).toBe(first);
  memory.recycle(new Uint8Array(first));
  memory.ended();
  expect(first.byteLength).toBe(0);
  const late = memory.take(300 * KIB);
  memory.recycle(new Uint8Array(late));
  expect(late.byteLength).toBe(0);
});

test("a small frame does not hold much larger memory, and no more is kept than a limit", () => {
  const memory = new FrameMemory();
  memory.began();
  const large = memory.take(1024 * KIB);
  memory.recycle(new Uint8Array(large));
  expect(memory.take(100 * KIB)).not.toBe(large);
  const many = Array.from({ length: FRAME_MEMORY_BYTES_MAX / (1024 * KIB) + 3 }, () =>
    memory.take(1024 * KIB),
  );
  for (const buffer of many) memory.recycle(new Uint8Array(buffer));
  expect(many.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(FRAME_MEMORY_BYTES_MAX);
});
