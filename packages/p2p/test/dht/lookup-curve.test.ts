import { expect, test } from "vitest";
import { measureLookups } from "./lookup-curve.ts";

test("among 128 members a lookup finds what it looks for in few steps", { timeout: 120_000 }, async () => {
  const { found, lookups, askedMax, stepsMax } = await measureLookups(128, { lookups: 15 });
  expect(found).toBe(lookups);
  // The 20 next to the key and those on the way, log2(128) = 7 steps at the most.
  expect(askedMax).toBeLessThan(48);
  expect(stepsMax).toBeLessThanOrEqual(7);
});
