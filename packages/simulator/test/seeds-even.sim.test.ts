import { describe, test } from "vitest";
import { expectFine } from "./run-seeds.ts";
import { FOUND, SEEDS } from "./seeds.ts";

// In two files, for two cores.
test.each(SEEDS.filter((seed) => Number(seed) % 2 === 0))("seed %s breaks no rule", async (seed) => {
  await expectFine(seed);
});

describe("seeds that found a bug find it no more", () => {
  test.each(FOUND)("$seed: $bug", async ({ seed }) => {
    // As they were when they found it.
    await expectFine(seed, { profile: { purgeGapMs: null } });
  });
});
