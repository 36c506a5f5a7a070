import { expect, test } from "vitest";
import { runSeed } from "../../src/run/run-seed.ts";
import { reportOf } from "../run-seeds.ts";

/** How many seeds, and the first of them: other ones than the usual tests have. */
const COUNT = Number(process.env.GSTORE_SIM_SEEDS ?? 3000);
const FIRST = Number(process.env.GSTORE_SIM_FIRST ?? 100_000);
/** So many reports are enough to begin with. */
const REPORTS_MAX = 5;

test(`${COUNT} seeds from ${FIRST} on break no rule`, async () => {
  const reports: string[] = [];
  for (let seed = FIRST; seed < FIRST + COUNT && reports.length < REPORTS_MAX; seed++) {
    const outcome = await runSeed(String(seed));
    if (outcome.violation !== null) reports.push(reportOf(outcome));
  }
  expect(reports.join("\n\n")).toBe("");
});
