import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const GSTORE = join(import.meta.dirname, "../../../cli/src/gstore.ts");
const NODE_ARGUMENTS = ["--conditions=@gstore/source", "--disable-warning=ExperimentalWarning", GSTORE];
const STOP_MS = 10_000;

/** One real node, in a process of its own. */
export interface PageNode {
  readonly url: string;
  /** Runs a command of it; resolves with what it prints. */
  readonly run: (args: readonly string[], input?: string) => Promise<string>;
  readonly stop: () => Promise<void>;
  /** Ends its process as a loss of power would. */
  readonly kill: () => Promise<void>;
}

export interface ThreeNodes {
  readonly anna: PageNode;
  readonly berta: PageNode;
  readonly carol: PageNode;
  readonly stop: () => Promise<void>;
}

/** Three nodes of one network on this machine, which serve the page as it is built now. */
export async function startThreeNodes(): Promise<ThreeNodes> {
  const root = await mkdtemp(join(tmpdir(), "gstore-web-"));
  const building = buildPage();
  await gstore(["--dir", join(root, "anna"), "init", "--name", "anna"]);
  const anna = await startNode(join(root, "anna"), ["up"]);
  const ticket = (await anna.run(["invite", "--uses", "2"])).trim();
  const joining = (name: string): Promise<PageNode> =>
    startNode(join(root, name), ["join", "--name", name, ticket]);
  const [berta, carol] = await Promise.all([joining("berta"), joining("carol"), building]);
  const stop = async (): Promise<void> => {
    await Promise.all([anna.stop(), berta.stop(), carol.stop()]);
    await rm(root, { recursive: true, force: true });
  };
  return { anna, berta, carol, stop };
}

/** As it is built for users: the test runner's own environment would have React's build for development in it. */
async function buildPage(): Promise<void> {
  const root = join(import.meta.dirname, "../..");
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const env = { ...process.env, NODE_ENV: "production" };
  await new Promise<void>((resolve, reject) => {
    const child = spawn(process.execPath, [vite, "build", "--logLevel", "error"], {
      cwd: root,
      env,
      stdio: "inherit",
    });
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`vite build ended with ${code}.`)),
    );
  });
}

async function startNode(dir: string, command: readonly string[]): Promise<PageNode> {
  const where = ["--listen", "127.0.0.1:0", "--no-mdns", "--http", "127.0.0.1:0"];
  const args = [...NODE_ARGUMENTS, "--dir", dir, ...command, ...where, "--json", "--with-stdin"];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    url: await urlOf(child),
    run: (asked, input) => gstore(["--dir", dir, ...asked], input),
    stop: async () => {
      if (isOver()) return;
      // Should the test be killed, the node sees the same.
      child.stdin?.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(timer);
    },
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function urlOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once("close", (code) => reject(new Error(`The node ended with ${code} before it was ready.`)));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const { event, http } = JSON.parse(line) as { event?: string; http?: string };
      if (event === "ready" && http !== undefined) resolve(http);
    });
  });
}

function gstore(args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, stdout: string): void =>
      error === null ? resolve(stdout) : reject(error);
    const child = execFile(process.execPath, [...NODE_ARGUMENTS, ...args], { encoding: "utf8" }, done);
    child.stdin?.end(input);
  });
}
