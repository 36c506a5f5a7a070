import { expect, test } from "vitest";
import { parseMoment } from "../src/moment.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");

test.each([
  ["2d", NOW - 2 * 86_400_000],
  ["1h30m", NOW - 5_400_000],
  ["0", NOW],
  ["2026-11-01T12:00Z", Date.parse("2026-11-01T12:00:00Z")],
  ["2026-11-01 12:00:30.5+02:00", Date.parse("2026-11-01T10:00:30.500Z")],
  ["2026-11-01T12:00", new Date(2026, 10, 1, 12).getTime()],
  ["2026-11-01", new Date(2026, 10, 1).getTime()],
])("%s is a moment", (text, ms) => {
  expect(parseMoment(text, NOW)).toBe(ms);
});

test.each([
  ["yesterday", /Write it like 2d/],
  ["2", /Write it like/],
  ["", /Write it like/],
  ["2026-11", /Write it like/],
  ["2026-02-31", /no such time/],
  ["2026-13-01", /no such time/],
  ["2026-11-01T25:00", /no such time/],
])("%j is none", (text, message) => {
  expect(() => parseMoment(text, NOW)).toThrow(message);
});
