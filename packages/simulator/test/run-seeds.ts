import { expect } from "vitest";
import { type Outcome, type RunOptions, runSeed } from "../src/run/run-seed.ts";

/** Runs a seed; where it fails, says why with its trace and how to run it again. */
export async function expectFine(seed: string, options: RunOptions = {}): Promise<Outcome> {
  const outcome = await runSeed(seed, options);
  if (outcome.violation !== null) expect.fail(reportOf(outcome));
  return outcome;
}

export function reportOf({ seed, violation, trace }: Outcome): string {
  const again = `pnpm --filter @gstore/simulator sim --seed ${seed}`;
  return [...trace, `${violation?.rule}: ${violation?.detail}`, `Run it again: ${again}`].join("\n");
}
