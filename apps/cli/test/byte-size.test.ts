import { expect, test } from "vitest";
import { formatBytes, parseByteSize } from "../src/byte-size.ts";

test.each([
  ["0", 0],
  ["1000", 1000],
  ["1B", 1],
  ["1GB", 1e9],
  ["1GiB", 2 ** 30],
  ["64kb", 64_000],
  ["64 KiB", 65_536],
  ["1.5MiB", 1_572_864],
  ["2TB", 2e12],
])("%s is %i bytes", (text, bytes) => expect(parseByteSize(text)).toBe(bytes));

test.each(["", "GB", "-1", "1XB", "1e3", "0x10", "1 000", "99999999TB", "1.GB", "NaN"])(
  "%j is refused",
  (text) => {
    expect(() => parseByteSize(text)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  },
);

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 KB"],
  [12_345, "12.3 KB"],
  [999_940, "999.9 KB"],
  [999_950, "1.0 MB"],
  [1e9, "1.0 GB"],
  [Number.MAX_SAFE_INTEGER, "9.0 PB"],
])("%i bytes are shown as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
