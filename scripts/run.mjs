// Runs gstore's commands on any machine with Node 16 or later and npm; therefore plain JavaScript without dependencies.
//   node scripts/run.mjs start [ARGS]   the demo
//   node scripts/run.mjs test [ARGS]    every test; ARGS go to turbo
//   node scripts/run.mjs pnpm [ARGS]    pnpm itself, on a Node that is new enough; --filter cli start is as cli
//   node scripts/run.mjs cli [ARGS]     the command line, in the caller's folder (see ./gstore)
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import * as nodeModule from "node:module";
import { constants, homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, "node_modules");
/** Remembers where npx put the newer Node: asking npx again costs a second. */
const NODE_PATH_FILE = join(MODULES, ".gstore-node");
const CLI_ENTRY = join(ROOT, "apps", "cli", "src", "gstore.ts");
const NPX_TOOLS = ["-y", "-p", "node@24", "-p", "pnpm@12"];
const PNPM_MAJOR_MIN = 11;
const CLI_START = ["--filter", "cli", "start"];
const onWindows = process.platform === "win32";

const [command, ...args] = process.argv.slice(2);

if (command === "start") runDemo();
else if (command === "test") runPnpm(["run", "turbo", "test", ...args]);
else if (command === "pnpm" && isCliStart()) await runCli(args.slice(CLI_START.length));
else if (command === "pnpm") runPnpm(args);
else if (command === "cli") await runCli(args);
else fail("usage: node scripts/run.mjs start|test|pnpm|cli [ARGS]");

/** Installs first: a filtered run installs what it selects alone, and the demo starts the command line's processes. */
function runDemo() {
  if (!isInstalled()) install();
  runPnpm(["--filter", "demo", "start", ...args]);
}

/** pnpm would run it at the root and not where the caller stands, and end with 1 whatever exit code the command gave. */
function isCliStart() {
  return CLI_START.every((word, index) => args[index] === word);
}

async function runCli(cliArgs) {
  process.env.INIT_CWD = process.cwd();
  if (!isInstalled()) install();
  if (isNodeNewEnough() && process.execArgv.includes("--conditions=@gstore/source"))
    return importCli(cliArgs);
  const node = isNodeNewEnough() ? process.execPath : newerNode();
  const options = ["--conditions=@gstore/source", "--disable-warning=ExperimentalWarning"];
  const path = `${dirname(node)}${delimiter}${process.env.PATH}`;
  run(node, [...options, CLI_ENTRY, ...cliArgs], { env: { ...process.env, PATH: path } });
}

/** In this process: a second one would cost its start-up time and stand between the CLI and its signals. */
async function importCli(cliArgs) {
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning, ...rest) => {
    const type = typeof rest[0] === "object" ? rest[0]?.type : rest[0];
    if (type !== "ExperimentalWarning") emitWarning.call(process, warning, ...rest);
  };
  enableCompileCache();
  process.argv.splice(1, process.argv.length, CLI_ENTRY, ...cliArgs);
  await import(pathToFileURL(CLI_ENTRY).href);
}

/** Where gstore.ts has its own, and before it: else Node loads its TypeScript stripper at every start, for that one file. */
function enableCompileCache() {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  if (existsSync(homedir())) nodeModule.enableCompileCache?.(join(cache, "gstore", "compiled"));
}

/** Whether what the lockfile says is what node_modules holds. */
function isInstalled() {
  const installed = join(MODULES, ".pnpm", "lock.yaml");
  if (!existsSync(installed) || !existsSync(join(ROOT, "apps", "cli", "node_modules"))) return false;
  const lockfile = join(ROOT, "pnpm-lock.yaml");
  return statSync(lockfile).mtimeMs <= statSync(installed).mtimeMs || sameText(lockfile, installed);
}

function sameText(first, second) {
  return readFileSync(first, "utf8") === readFileSync(second, "utf8");
}

/** What the install prints goes to stderr: stdout belongs to the command that was asked for. */
function install() {
  console.error("gstore: installing dependencies (once) ...");
  const [file, prefix] = pnpmCommand();
  const options = { cwd: ROOT, stdio: ["ignore", 2, 2], shell: onWindows };
  const { status, error } = spawnSync(
    file,
    [...prefix, "install", "--frozen-lockfile", "--reporter=append-only"],
    options,
  );
  if (error || status !== 0) fail(`could not install the dependencies${error ? `: ${error.message}` : ""}`);
}

function newerNode() {
  if (existsSync(NODE_PATH_FILE)) {
    const known = readFileSync(NODE_PATH_FILE, "utf8");
    if (existsSync(known)) return known;
  }
  // In ROOT, so that npx reads this repository's npm settings and not those of the caller's folder.
  const options = { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], shell: onWindows };
  const { status, stdout, error } = spawnSync(
    "npx",
    [...NPX_TOOLS, "node", "-p", "process.execPath"],
    options,
  );
  if (error || status !== 0) fail("could not fetch Node 24 with npx");
  const node = stdout.trim().split("\n").pop();
  writeFileSync(NODE_PATH_FILE, node);
  return node;
}

function runPnpm(pnpmArgs) {
  const [file, prefix] = pnpmCommand();
  run(file, [...prefix, ...pnpmArgs], { cwd: ROOT, shell: onWindows });
}

/** pnpm where it and Node are new enough; else both through npx, which puts them first on PATH for all children. */
function pnpmCommand() {
  if (isNodeNewEnough()) {
    const { stdout } = spawnSync("pnpm", ["--version"], { cwd: ROOT, encoding: "utf8", shell: onWindows });
    if (Number.parseInt(stdout ?? "", 10) >= PNPM_MAJOR_MIN) return ["pnpm", []];
  }
  return ["npx", [...NPX_TOOLS, "pnpm"]];
}

/** The same as "engines" in package.json. */
function isNodeNewEnough() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  return (major === 22 && minor >= 18) || (major === 24 && minor >= 11) || major >= 26;
}

/** Runs to the end and ends this process the same way. */
function run(file, fileArgs, options) {
  const child = spawn(file, fileArgs, { stdio: "inherit", ...options });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`could not start ${file}: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

function fail(message) {
  console.error(`gstore: ${message}`);
  process.exit(1);
}
