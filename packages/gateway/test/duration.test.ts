import { expect, test } from "vitest";
import { parseDuration } from "../src/duration.ts";

test.each([
  ["30s", 30_000],
  ["24h", 86_400_000],
  ["7d", 604_800_000],
  ["1w", 604_800_000],
  ["500ms", 500],
  ["1.5h", 5_400_000],
  ["1h30m", 5_400_000],
  ["0", 0],
  ["0s", 0],
])("%s is %i ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each(["", "30", "s", "-1s", "1 h", "1y", "1s ", "s1", "1e3s", "Infinityd", ".5s", "30d"])(
  "%j is refused",
  (text) => {
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  },
);
