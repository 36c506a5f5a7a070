import { expect, test } from "vitest";
import { formatSpan } from "../src/time-span.ts";

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
