import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

const DEMO = fileURLToPath(new URL("../src/demo.ts", import.meta.url));
const TIMEOUT_MS = 120_000;

interface RunningDemo {
  readonly child: ChildProcess;
  /** Everything it has printed so far. */
  readonly output: () => string;
  readonly code: Promise<number | null>;
  /** The folder that it puts its temporary ones into. */
  readonly temporary: string;
}

async function startDemo(...args: string[]): Promise<RunningDemo> {
  const temporary = await mkdtemp(join(tmpdir(), "gstore-demo-test-"));
  const nodeArguments = ["--conditions=@gstore/source", "--disable-warning=ExperimentalWarning", DEMO];
  const child = spawn(process.execPath, [...nodeArguments, ...args], {
    env: { ...process.env, TMPDIR: temporary, INIT_CWD: temporary },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await code;
    await rm(temporary, { recursive: true, force: true });
  });
  return { child, output: () => output, code, temporary };
}

/** Whether a process is there; one that has ended and was not waited for counts as gone. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function nodeProcesses(output: string): number[] {
  return [...output.matchAll(/process (\d+), ready/g)].map((match) => Number(match[1]));
}

test("the demo stores on one node, reads from the other, and leaves nothing behind", {
  timeout: TIMEOUT_MS,
}, async () => {
  const demo = await startDemo("--exit", "--ports", "0,0");
  const code = await demo.code;
  expect(demo.output()).toContain("All of it worked.");
  expect(code).toBe(0);
  expect(demo.output().match(/all 48,000,\d{3} bytes are equal/g)).toHaveLength(2);
  expect(await readdir(demo.temporary)).toEqual([]);
  expect(nodeProcesses(demo.output()).filter(isRunning)).toEqual([]);
});

test("it stays until it is interrupted, with both nodes up", { timeout: TIMEOUT_MS }, async () => {
  const demo = await startDemo("--ports", "0,0");
  await expect.poll(() => demo.output(), { timeout: TIMEOUT_MS }).toContain("Ctrl-C stops both nodes");
  expect(demo.output()).toMatch(/gstore --dir \S+\/anna status/);
  demo.child.kill("SIGINT");
  expect(await demo.code).toBe(0);
  expect(await readdir(demo.temporary)).toEqual([]);
  expect(nodeProcesses(demo.output()).filter(isRunning)).toEqual([]);
});

test("its nodes end with it even when it is killed", { timeout: TIMEOUT_MS }, async () => {
  const demo = await startDemo("--ports", "0,0");
  await expect.poll(() => nodeProcesses(demo.output()), { timeout: TIMEOUT_MS }).toHaveLength(2);
  demo.child.kill("SIGKILL");
  await demo.code;
  const left = (): number[] => nodeProcesses(demo.output()).filter(isRunning);
  await expect.poll(left, { timeout: 10_000 }).toEqual([]);
});

test("a port in use is named, and nothing is made", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  const demo = await startDemo("--exit", "--ports", `0,${port}`);
  expect(await demo.code).toBe(1);
  expect(demo.output()).toContain(`Port ${port} of 127.0.0.1 is in use`);
  expect(await readdir(demo.temporary)).toEqual([]);
});

test.each([["--prots", "1,2"], ["--ports", "1"], ["--ports", "1,x"], ["extra"]])(
  "the arguments %s %s are refused with the usage",
  async (...args) => {
    const demo = await startDemo(...args.filter((arg) => typeof arg === "string"));
    expect(await demo.code).toBe(2);
    expect(demo.output()).toContain("Usage: npm start");
  },
);
