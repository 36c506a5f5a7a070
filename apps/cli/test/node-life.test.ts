import { mkdir, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Child } from "./e2e/support/child-process.ts";
import { gstore, startGstore } from "./e2e/support/gstore.ts";
import { Lab } from "./e2e/support/lab.ts";
import { waitFor } from "./e2e/support/wait-for.ts";

// Each test starts several processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 });

const lab = Lab.forThisFile();

/** Starts a command that runs until it is stopped, and takes care that the test doesn't leave it. */
function startUp(args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const child = startGstore(["up", ...args], { env });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await child.ended;
  });
  return child;
}

async function readyLine(child: Child): Promise<string> {
  return waitFor("the node is ready", () => {
    if (child.hasEnded) return `ended: ${child.stderr}`;
    return child.stdout
      .split("\n")
      .find((line) => line.startsWith("ready ") || line.includes('"event":"ready"'));
  });
}

test("up prints one line with id and addresses, and stops in order on a signal", async () => {
  const [anna] = await lab.init("anna");
  const dir = anna?.dir ?? "";
  const { stdout } = await gstore(["id", "--dir", dir, "--json"]);
  const { id } = JSON.parse(stdout);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const child = startUp(["--dir", dir, "--listen", "127.0.0.1:0"]);
    const line = await readyLine(child);
    expect(line).toMatch(
      new RegExp(`^ready ${id} anna /ip4/127\\.0\\.0\\.1/tcp/\\d+/p2p/${id} http://127\\.0\\.0\\.1:\\d+$`),
    );
    expect((await stat(join(dir, "run"))).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, "run/control.sock"))).mode & 0o777).toBe(0o600);
    const stopped = performance.now();
    child.kill(signal);
    expect((await child.ended).code).toBe(0);
    expect(performance.now() - stopped).toBeLessThan(5000);
    expect(child.stdout.trim().split("\n")).toHaveLength(1);
  }
});

test("up refuses a folder without a node, and makes one with --init", async () => {
  const dir = await lab.path("fresh");
  const refused = await gstore(["up", "--dir", dir]);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("init")]);
  const child = startUp(["--dir", dir, "--init", "--listen", "127.0.0.1:0"]);
  expect(await readyLine(child)).toMatch(/^ready 12D3KooW/);
});

test("a second process on the same folder is refused, and names the first", async () => {
  const [anna] = await lab.up("anna");
  const second = await gstore(["up", "--dir", anna.dir, "--listen", "127.0.0.1:0"]);
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(String(anna.pid));
});

test("a port in use is named, with a way out", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const [anna] = await lab.init("anna");
  const { code, stderr } = await gstore(["up", "--dir", anna?.dir ?? "", "--listen", `127.0.0.1:${port}`]);
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`${port} is in use.*--listen`));
});

test("the config file, the environment and options set addresses and folders", async () => {
  const [anna] = await lab.init("anna");
  const dir = anna?.dir ?? "";
  const config = join(await lab.path("etc"), "gstore.toml");
  await mkdir(join(config, ".."));
  await writeFile(config, `dir = ${JSON.stringify(dir)}\nlisten = ["127.0.0.1:0", "127.0.0.2:0"]\n`);
  const byFile = startUp(["--config", config]);
  expect(await readyLine(byFile)).toMatch(/\/127\.0\.0\.1\/tcp.*\/127\.0\.0\.2\/tcp/);
  expect((await gstore(["status"], { env: { GSTORE_CONFIG: config } })).code).toBe(0);
  byFile.kill("SIGTERM");
  await byFile.ended;
  const byEnvironment = startUp([], {
    GSTORE_HTTP: "off",
    GSTORE_CONFIG: config,
    GSTORE_LISTEN: "127.0.0.3:0",
  });
  expect(await readyLine(byEnvironment)).toMatch(/^ready \S+ anna \/ip4\/127\.0\.0\.3\/tcp\S+$/);
});

test("a node that was told to ends with its standard input", async () => {
  const [anna] = await lab.init("anna");
  const child = startUp(["--dir", anna?.dir ?? "", "--listen", "127.0.0.1:0", "--with-stdin"]);
  await readyLine(child);
  child.process.stdin.end();
  expect((await child.ended).code).toBe(0);
});

test("a node in a folder with a long path is found all the same", async () => {
  const dir = await lab.path("x".repeat(150));
  await gstore(["init", "--dir", dir, "--name", "far"]);
  const child = startUp(["--dir", dir, "--listen", "127.0.0.1:0"]);
  expect(await readyLine(child)).toMatch(/^ready/);
  const { code, stdout } = await gstore(["id", "--dir", dir, "--json"], { env: { TMPDIR: dir } });
  expect([code, JSON.parse(stdout)]).toMatchObject([0, { name: "far", running: true }]);
});
