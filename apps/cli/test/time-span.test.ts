import { expect, test } from "vitest";
import { formatAgo, formatSpan } from "../src/time-span.ts";

test.each([
  [0, "0s"],
  [499, "0s"],
  [7000, "7s"],
  [80_000, "1m 20s"],
  [3_600_000, "1h"],
  [3_660_000, "1h 1m"],
  [273_600_000, "3d 4h"],
  [-5, "0s"],
])("%i ms are shown as %s", (ms, text) => expect(formatSpan(ms)).toBe(text));

test.each([
  [-5, "just now"],
  [59_999, "just now"],
  [60_000, "1 min ago"],
  [3_599_999, "59 min ago"],
  [7_200_000, "2 h ago"],
  [273_600_000, "3 d ago"],
])("something %i ms past was %s", (ms, text) => expect(formatAgo(ms)).toBe(text));
