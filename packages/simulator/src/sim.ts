import { parseArgs } from "node:util";
import { systemClock } from "@gstore/core";
import { type Outcome, runSeed } from "./run/run-seed.ts";

const USAGE =
  "usage: sim --seed SEED [--verbose] | --from N --count N; --writes-behind-itself does what README.md says is not asked yet\n";

/** `pnpm sim --seed N` replays a seed; `--from N --count N` looks for one that fails. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      verbose: { type: "boolean", default: false },
      from: { type: "string" },
      count: { type: "string", default: "1" },
      "writes-behind-itself": { type: "boolean", default: false },
    },
  });
  const seeds =
    values.seed !== undefined
      ? [values.seed]
      : values.from !== undefined
        ? Array.from({ length: Number(values.count) }, (_, index) => String(Number(values.from) + index))
        : [];
  if (seeds.length === 0) process.stderr.write(USAGE);
  const onLine = values.verbose ? (line: string) => void process.stdout.write(`${line}\n`) : undefined;
  const writesBehindItself = values["writes-behind-itself"];
  for (const seed of seeds) {
    const begun = systemClock.monotonic();
    const outcome = await runSeed(seed, { writesBehindItself, ...(onLine && { onLine }) });
    process.stdout.write(textOf(outcome, systemClock.monotonic() - begun));
    if (outcome.violation !== null) process.exitCode = 1;
  }
}

function textOf(outcome: Outcome, tookMs: number): string {
  const {
    seed,
    violation,
    trace,
    fingerprint,
    simulatedMs,
    events,
    acknowledged,
    givenUp,
    collected,
    expired,
    purged,
  } = outcome;
  const figures = `${(simulatedMs / 1000).toFixed(0)} s simulated in ${tookMs.toFixed(0)} ms, ${events} events, ${acknowledged} writes acknowledged, ${givenUp} copies given up, ${collected} blobs collected, ${expired} versions expired, ${purged} keys purged, ${fingerprint.slice(0, 20)}`;
  if (violation === null) return `seed ${seed}: fine; ${figures}\n`;
  return `${trace.join("\n")}\nseed ${seed}: ${violation.rule}: ${violation.detail}\n${figures}\n`;
}

await main();
