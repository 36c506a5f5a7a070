import { once } from "node:events";
import { chmod, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { gstore, gstoreDone } from "./e2e/support/gstore.ts";

let dir: string;
const servers: { close(): unknown }[] = [];

beforeAll(async () => {
  dir = join(await mkdtemp(join(tmpdir(), "gstore-doctor-")), "node");
  await gstoreDone(["init", "--dir", dir, "--name", "anna"]);
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(join(dir, "config.toml"), { force: true });
});
afterAll(() => rm(join(dir, ".."), { recursive: true }));

interface Examined {
  readonly code: number | null;
  readonly problems: readonly { check: string; message: string; advice: string }[];
}

async function examine(folder: string = dir): Promise<Examined> {
  const { code, stdout } = await gstore(["doctor", "--json", "--dir", folder]);
  const lines = stdout.trim().split("\n").filter(Boolean);
  const findings = lines.map((line) => JSON.parse(line));
  return { code, problems: findings.filter(({ state }) => state === "problem") };
}

async function listening(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return (server.address() as { port: number }).port;
}

const config = (text: string) => writeFile(join(dir, "config.toml"), text, { mode: 0o600 });

test("nothing is wrong with a node that is as it was made", async () => {
  await config('listen = ["127.0.0.1:0"]\n');
  expect(await examine()).toEqual({ code: 0, problems: [] });
});

test("there is no node in the folder", async () => {
  const { code, problems } = await examine(join(dir, "nowhere"));
  expect(code).toBe(1);
  expect(problems[0]).toMatchObject({ check: "folder", advice: expect.stringContaining("join") });
});

test("others may read the keys", async () => {
  await config('listen = ["127.0.0.1:0"]\n');
  await chmod(join(dir, "network.json"), 0o644);
  const { code, problems } = await examine();
  await chmod(join(dir, "network.json"), 0o600);
  expect(code).toBe(1);
  expect(problems).toMatchObject([
    { check: "permissions", message: expect.stringContaining("network.json") },
  ]);
  expect(problems[0]?.advice).toContain("chmod");
});

test("the port is taken", async () => {
  const port = await listening();
  await config(`listen = ["127.0.0.1:${port}"]\n`);
  const { code, problems } = await examine();
  expect(code).toBe(1);
  expect(problems).toMatchObject([{ check: "port", message: expect.stringContaining(String(port)) }]);
});

test("a setting is misspelt", async () => {
  await config('listenn = ["127.0.0.1:0"]\n');
  const { code, problems } = await examine();
  expect(code).toBe(1);
  expect(problems).toMatchObject([{ check: "settings", message: expect.stringContaining("listenn") }]);
});

test("the clock is behind", async () => {
  await config('listen = ["127.0.0.1:0"]\n');
  const later = new Date(Date.now() + 3600_000);
  await utimes(join(dir, "membership"), later, later);
  const { code, problems } = await examine();
  await utimes(join(dir, "membership"), new Date(), new Date());
  expect(code).toBe(1);
  expect(problems).toMatchObject([{ check: "clock" }]);
});

test("nobody answers at the one address that is given", async () => {
  const port = await listening();
  for (const server of servers.splice(0)) server.close();
  await config(`listen = ["127.0.0.1:0"]\nbootstrap = ["127.0.0.1:${port}"]\n`);
  const { code, problems } = await examine();
  expect(code).toBe(1);
  expect(problems).toMatchObject([{ check: "other nodes", advice: expect.stringContaining("bootstrap rm") }]);
});

test("the proxy through which WebSockets are dialled is asked for in their place", async () => {
  const port = await listening();
  for (const server of servers.splice(0)) server.close();
  const rest = 'listen = ["127.0.0.1:0"]\nbootstrap = ["wss://nobody.invalid"]\n';
  await config(`${rest}proxy = "http://user:secret@127.0.0.1:${port}"\n`);
  const { code, problems } = await examine();
  expect(code).toBe(1);
  expect(problems).toMatchObject([
    { check: "proxy", message: `The proxy 127.0.0.1:${port} does not answer (ECONNREFUSED).` },
  ]);
  expect(JSON.stringify(problems)).not.toContain("secret");
  await config(`${rest}proxy = "http://127.0.0.1:${await listening()}"\n`);
  expect((await examine()).problems).toEqual([]);
});

test("an address is kept and taken away without a running node", async () => {
  await gstoreDone(["bootstrap", "add", "192.0.2.7:4000", "--dir", dir]);
  const { stdout } = await gstoreDone(["bootstrap", "--json", "--dir", dir]);
  expect(JSON.parse(stdout)).toEqual({ address: "192.0.2.7:4000", connectedTo: null, kept: true });
  await gstoreDone(["bootstrap", "rm", "192.0.2.7:4000", "--dir", dir]);
  expect((await gstoreDone(["bootstrap", "--json", "--dir", dir])).stdout.trim()).toBe("");
  expect((await gstore(["bootstrap", "add", "no address", "--dir", dir])).code).toBe(2);
});
