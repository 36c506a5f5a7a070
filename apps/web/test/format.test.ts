import { expect, test } from "vitest";
import { counted, formatAgo, formatBytes, nameOf } from "../src/lib/format.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [999_940, "999.9 kB"],
  [999_960, "1.0 MB"],
  [12_345_678_901, "12.3 GB"],
])("%i bytes read as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

test("times are told by how long ago they were", () => {
  const now = Date.parse("2026-01-02T12:00:00.000Z");
  const ago = (time: string): string => formatAgo(time, now);
  expect(ago("2026-01-02T11:59:58.000Z")).toBe("just now");
  expect(ago("2026-01-02T11:58:00.000Z")).toBe("2 minutes ago");
  expect(ago("2026-01-01T12:00:00.000Z")).toBe("yesterday");
  expect(ago("2026-01-09T12:00:00.000Z")).toBe("in 7 days");
});

test("names and counts read as people write them", () => {
  expect([nameOf("a/b.txt"), nameOf("a/c/"), nameOf("d")]).toEqual(["b.txt", "c", "d"]);
  expect([counted(1, "file"), counted(2, "copy", "copies")]).toEqual(["1 file", "2 copies"]);
});
