/** `pnpm --filter @gstore/p2p dht-curve [MEMBERS…]`: what a lookup costs, for networks of several sizes. For docs/dht.md. */
import { measureLookups } from "./lookup-curve.ts";

const LOOKUPS = 60;
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10, 30, 100, 300, 1000];

process.stdout.write(
  "| members | found | asked, mean | asked, most | steps, mean | steps, most |\n|---|---|---|---|---|---|\n",
);
for (const size of sizes) {
  const { members, lookups, found, askedMean, askedMax, stepsMean, stepsMax } = await measureLookups(size, {
    lookups: LOOKUPS,
  });
  const cells = [
    members,
    `${found} of ${lookups}`,
    askedMean.toFixed(1),
    askedMax,
    stepsMean.toFixed(1),
    stepsMax,
  ];
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}
process.exit(0);
