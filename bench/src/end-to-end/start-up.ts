import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { BenchContext } from "../benchmark.ts";
import { quantile } from "../timing.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const BUNDLE = `${ROOT}apps/cli/dist/gstore.js`;
const ROUNDS = 15;

/** Milliseconds over those of `node -e 0`; medians of commands started in turn, so that a busy moment falls on all. */
export async function run({ report, scratch }: BenchContext): Promise<void> {
  const dir = scratch.path("node");
  const script = [`${ROOT}gstore`];
  const bundle = [process.execPath, BUNDLE];
  const hasBundle = existsSync(BUNDLE);
  if (!hasBundle) report.note("apps/cli/dist is missing: pnpm build, for figures of the bundle");
  const up = spawn(script[0] as string, ["up", "--init", "--dir", dir, "--listen", "127.0.0.1:0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => up.kill("SIGKILL"));
  await once(up.stdout, "data");
  const commands = new Map([["node -e 0", [process.execPath, "-e", "0"]]]);
  for (const [name, command] of [
    ["./gstore", script],
    ...(hasBundle ? [["bundle", bundle] as const] : []),
  ] as const) {
    commands.set(`${name} --help`, [...command, "--help"]);
    commands.set(`${name} ls`, [...command, "--dir", dir, "ls"]);
  }
  const times = new Map([...commands.keys()].map((name): [string, number[]] => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, [file, ...args]] of commands) {
      const started = performance.now();
      const { status } = spawnSync(file as string, args, { stdio: "ignore" });
      if (status !== 0) throw new Error(`${name} ended with ${status}`);
      // The first round fills the compile cache.
      if (round > 0) times.get(name)?.push(performance.now() - started);
    }
  }
  up.kill("SIGTERM");
  await once(up, "exit");
  const empty = quantile(times.get("node -e 0") ?? [], 0.5);
  const limit = { name: "node -e 0", value: empty };
  for (const [name, taken] of times) {
    if (name === "node -e 0") continue;
    report.figure({
      name: `${name}, over node -e 0`,
      value: quantile(taken, 0.5) - empty,
      unit: "ms",
      limit,
    });
  }
}
