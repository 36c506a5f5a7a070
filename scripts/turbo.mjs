// Wraps turbo: telemetry off, and a run of tests ends with their sum over all packages as the plain last line.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { reportFiles, sumLine, sumReports } from "./sum-reports.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const TEST_TASKS = ["test", "test:soak"];
const VALUE_FLAGS = [
  "--filter",
  "-F",
  "--concurrency",
  "--output-logs",
  "--log-order",
  "--cache-dir",
  "--color",
];
const PLAIN_FLAGS = ["--help", "-h", "--version", "--dry", "--dry-run", "--graph"];

const args = process.argv.slice(2);
const tasks = taskNames(args);
const isTestRun =
  tasks.some((task) => TEST_TASKS.includes(task)) &&
  !args.some((arg) => PLAIN_FLAGS.includes(arg.split("=")[0]));

if (isTestRun) await runTests();
else process.exitCode = (await runTurbo(args)).exitCode;

async function runTests() {
  for (const file of reportFiles(ROOT)) rmSync(file, { force: true });
  // The summary tells which packages should have reported, and how each one's run ended.
  const extra = args.some((arg) => arg.startsWith("--continue")) ? [] : ["--continue=always"];
  const { exitCode, output } = await runTurbo(insertFlags(args, [...extra, "--summarize"]));
  const result = sumReports({ root: ROOT, exitCode, tasks: testTasks(output) });
  for (const problem of result.problems) console.log(problem);
  console.log(sumLine(result));
  process.exitCode = exitCode !== 0 ? exitCode : result.failed > 0 ? 1 : 0;
}

/** The test tasks that turbo ran, from the summary file it names; undefined when it did not come that far. */
function testTasks(output) {
  const file = /Summary:\s+(\S+\.json)/.exec(output)?.[1];
  if (!file || !existsSync(file)) return undefined;
  const { tasks } = JSON.parse(readFileSync(file, "utf8"));
  rmSync(file, { force: true });
  return tasks
    .filter(({ task, command }) => TEST_TASKS.includes(task) && command !== "<NONEXISTENT>")
    .map(({ taskId, directory, execution }) => ({
      taskId,
      directory,
      exitCode: execution?.exitCode ?? null,
    }));
}

function runTurbo(turboArgs) {
  const env = {
    ...process.env,
    TURBO_TELEMETRY_DISABLED: "1",
    DO_NOT_TRACK: "1",
    TURBO_NO_UPDATE_NOTIFIER: "1",
  };
  if (process.stdout.isTTY && !process.env.NO_COLOR) env.FORCE_COLOR ??= "1";
  const bin = join(dirname(createRequire(import.meta.url).resolve("turbo/package.json")), "bin", "turbo");
  const stdio = ["inherit", isTestRun ? "pipe" : "inherit", "inherit"];
  const child = spawn(process.execPath, [bin, ...turboArgs], { cwd: ROOT, env, stdio });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  let tail = "";
  child.stdout?.on("data", (data) => {
    process.stdout.write(data);
    tail = (tail + data).slice(-16_384);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) =>
      resolve({
        exitCode: code ?? 128 + (constants.signals[signal] ?? 1),
        output: stripVTControlCharacters(tail),
      }),
    );
  });
}

function taskNames(argv) {
  const own = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : undefined);
  return own.filter((arg, at) => !arg.startsWith("-") && !VALUE_FLAGS.includes(own[at - 1] ?? ""));
}

/** Before a `--`, behind which everything goes to the tasks. */
function insertFlags(argv, flags) {
  const at = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return [...argv.slice(0, at), ...flags, ...argv.slice(at)];
}
