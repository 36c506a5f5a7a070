import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ByteRange } from "../src/api.ts";
import { resolveRange } from "../src/byte-range.ts";
import { codeOf } from "./support/waiting.ts";

const refusal = (range: ByteRange, size: number) => codeOf((async () => resolveRange(range, size, "key"))());

describe("a byte range", () => {
  test("is the whole file where none is given, an empty one too", () => {
    expect(resolveRange(undefined, 10, "key")).toEqual({ start: 0, end: 10 });
    expect(resolveRange(undefined, 0, "key")).toEqual({ start: 0, end: 0 });
  });

  const cases: [range: ByteRange, start: number, end: number][] = [
    [{ start: 0 }, 0, 10],
    [{ start: 9 }, 9, 10],
    [{ start: 0, end: 0 }, 0, 1],
    [{ start: 2, end: 5 }, 2, 6],
    [{ start: 2, end: 9 }, 2, 10],
    [{ start: 2, end: 10 }, 2, 10],
    [{ start: 0, end: Number.MAX_SAFE_INTEGER }, 0, 10],
    [{ suffix: 1 }, 9, 10],
    [{ suffix: 10 }, 0, 10],
    [{ suffix: 11 }, 0, 10],
  ];
  test.each(cases)("%j of 10 bytes is from %d to before %d", (range, start, end) => {
    expect(resolveRange(range, 10, "key")).toEqual({ start, end });
  });

  const outside: [range: ByteRange, size: number][] = [
    [{ start: 10 }, 10],
    [{ start: 10, end: 20 }, 10],
    [{ start: 0 }, 0],
    [{ start: 0, end: 0 }, 0],
    [{ suffix: 0 }, 10],
    [{ suffix: 5 }, 0],
  ];
  test.each(outside)("%j of %d bytes is not satisfiable", async (range, size) => {
    expect(await refusal(range, size)).toBe("RANGE_NOT_SATISFIABLE");
  });

  const senseless: ByteRange[] = [
    { start: -1 },
    { start: 0.5 },
    { start: Number.NaN },
    { start: 2 ** 53 },
    { start: 5, end: 4 },
    { start: 0, end: -1 },
    { start: 0, end: 1.5 },
    { suffix: -1 },
    { suffix: Number.POSITIVE_INFINITY },
    { start: "1" as never },
  ];
  test.each(senseless)("%j makes no sense for any file", async (range) => {
    expect(await refusal(range, 10)).toBe("INVALID_ARGUMENT");
    expect(await refusal(range, 0)).toBe("INVALID_ARGUMENT");
  });

  test("gives what slicing a file gives", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 50 }),
        fc.nat(60),
        fc.nat(60),
        (file, start, length) => {
          fc.pre(start < file.length);
          const range = resolveRange({ start, end: start + length }, file.length, "key");
          expect(file.slice(range.start, range.end)).toEqual(file.slice(start, start + length + 1));
          const suffix = resolveRange({ suffix: start + 1 }, file.length, "key");
          expect(file.slice(suffix.start, suffix.end)).toEqual(file.slice(-start - 1));
        },
      ),
    );
  });
});
