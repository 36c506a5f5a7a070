import { expect, test } from "vitest";
import { runSeed } from "../src/run/run-seed.ts";
import { TRACE_LINES_MAX } from "../src/world/trace.ts";
import { reportOf } from "./run-seeds.ts";
import { UNPROTECTED } from "./unprotected-builds.ts";

/** Within so many seeds each of these builds is found out. The product's own passes all of them. */
const SEEDS_MAX = 20;

test.each(UNPROTECTED)("it is noticed when $name", async ({ notices, profile, firstSeed = 1, ...build }) => {
  for (let seed = firstSeed; seed < firstSeed + SEEDS_MAX; seed++) {
    const outcome = await runSeed(String(seed), { build, ...(profile && { profile }) });
    if (outcome.violation === null) continue;
    const { rule, detail } = outcome.violation;
    expect(`${rule}: ${detail}`).toMatch(notices);
    expect(outcome.trace.length).toBeLessThanOrEqual(TRACE_LINES_MAX);
    expect(outcome.trace.join()).toContain(`VIOLATION: ${rule}`);
    expect(reportOf(outcome)).toContain(`sim --seed ${seed}`);
    if (profile !== undefined) expect((await runSeed(String(seed), { profile })).violation).toBe(null);
    return;
  }
  expect.fail(`none of ${SEEDS_MAX} seeds noticed`);
});
