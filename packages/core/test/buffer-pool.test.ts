import { describe, expect, test } from "vitest";
import { BufferPool } from "../src/buffer-pool.ts";

const KIB = 1024;

describe("a pool of buffers", () => {
  test("gives the smallest of its buffers that is large enough", () => {
    const pool = new BufferPool(10_000 * KIB);
    const [small, large] = [pool.take(100 * KIB), pool.take(170 * KIB)];
    pool.give(large);
    pool.give(small);
    expect(pool.take(90 * KIB)).toBe(small);
    expect(pool.take(90 * KIB)).toBe(large);
    expect(pool.take(90 * KIB).byteLength).toBeGreaterThanOrEqual(90 * KIB);
  });

  test("gives no buffer of more than twice the size", () => {
    const pool = new BufferPool(10_000 * KIB);
    const large = pool.take(1024 * KIB);
    pool.give(large);
    expect(pool.take(300 * KIB)).not.toBe(large);
    expect(pool.take(600 * KIB)).toBe(large);
  });

  test("gives its memory back at once", () => {
    const pool = new BufferPool(10_000 * KIB);
    const buffer = pool.take(100 * KIB);
    pool.give(buffer);
    pool.clear();
    expect(buffer.byteLength).toBe(0);
    expect(pool.take(100 * KIB).byteLength).toBeGreaterThan(0);
  });

  test("gives no buffer twice", () => {
    const pool = new BufferPool(10_000 * KIB);
    pool.give(pool.take(100 * KIB));
    expect(pool.take(100 * KIB)).not.toBe(pool.take(100 * KIB));
  });

  test("keeps no more than its bytes, nor what went to another thread", () => {
    const pool = new BufferPool(128 * KIB);
    const buffers = [pool.take(64 * KIB), pool.take(64 * KIB), pool.take(64 * KIB)] as const;
    for (const buffer of buffers) pool.give(buffer);
    // What it has no room for is not left to the garbage collector.
    expect(buffers[2].byteLength).toBe(0);
    const again = [pool.take(1), pool.take(1), pool.take(1)];
    expect(again.filter((buffer) => buffers.includes(buffer))).toHaveLength(2);
    const gone = pool.take(64 * KIB);
    structuredClone(gone, { transfer: [gone] });
    pool.give(gone);
    expect(pool.take(1).byteLength).toBeGreaterThan(0);
  });
});
