// Runs gstore in a copy of the peer benchmark's harness: node bench/peers/run.mjs HARNESS WORK [REPS]
// Builds the packages, writes HARNESS/adapters/gstore.mjs, then starts HARNESS/run.sh (which needs root). With HARNESS alone it only builds and writes.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [harness, work, reps = "1"] = process.argv.slice(2);
if (harness === undefined) {
  console.error("usage: node bench/peers/run.mjs HARNESS [W1|W2|W3|W4|W5 [REPS]]");
  process.exit(2);
}
const built = spawnSync(
  process.execPath,
  ["scripts/turbo.mjs", "build", "--filter=@gstore/server", "--output-logs=errors-only"],
  {
    cwd: new URL("../..", import.meta.url),
    stdio: ["ignore", "ignore", "inherit"],
  },
);
if (built.status !== 0) process.exit(1);
const adapter = new URL("./gstore.mjs", import.meta.url).href;
writeFileSync(
  join(harness, "adapters", "gstore.mjs"),
  `import * as jspeer from "../lib/jspeer.mjs";
import { gstoreSystem } from ${JSON.stringify(adapter)};

export default gstoreSystem(jspeer);
`,
);
if (work !== undefined) {
  const { status } = spawnSync(join(resolve(harness), "run.sh"), ["gstore", work, reps], {
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
}
