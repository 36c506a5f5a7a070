import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { parseRate } from "../src/rate.ts";
import { rememberSettings } from "../src/remember-settings.ts";
import { configPathOf, listenAddress, nodeFolder, nodeSettings } from "../src/settings.ts";

afterEach(() => vi.unstubAllEnvs());

async function folderWith(config?: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "gstore-settings-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  if (config !== undefined) await writeFile(join(dir, "config.toml"), config);
  return dir;
}

test.each([
  ["4001", "0.0.0.0:4001"],
  [":4001", "0.0.0.0:4001"],
  ["127.0.0.1:0", "127.0.0.1:0"],
  ["localhost:4000", "localhost:4000"],
  ["[::1]:4000", "[::1]:4000"],
  ["/ip4/0.0.0.0/tcp/4000", "/ip4/0.0.0.0/tcp/4000"],
])("--listen %s means %s", (text, address) => expect(listenAddress(text)).toBe(address));

test.each(["", "x", "99999", "host", "host:port", "a b:1"])("--listen %j is refused", (text) => {
  expect(() => listenAddress(text)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

test("an option comes before the environment, that before the config file, that before the default", async () => {
  const dir = await folderWith('listen = ["127.0.0.1:1"]\nbootstrap = ["/ip4/192.0.2.1/tcp/1"]\n');
  const node = { dir, configPath: null };
  expect(await nodeSettings(node, {})).toMatchObject({
    listen: ["127.0.0.1:1"],
    bootstrap: ["/ip4/192.0.2.1/tcp/1"],
    repair: {},
    scrub: {},
  });
  vi.stubEnv("GSTORE_LISTEN", "2, [::1]:3");
  vi.stubEnv("GSTORE_BOOTSTRAP", "a:1,b:2");
  expect(await nodeSettings(node, {})).toMatchObject({
    listen: ["0.0.0.0:2", "[::1]:3"],
    bootstrap: ["a:1", "b:2"],
    repair: {},
    scrub: {},
  });
  const options = { listen: ["4"], bootstrap: ["c:3"] };
  expect(await nodeSettings(node, options)).toMatchObject({ listen: ["0.0.0.0:4"], bootstrap: ["c:3"] });
  vi.unstubAllEnvs();
  const empty = { dir: await folderWith(), configPath: null };
  expect(await nodeSettings(empty, {})).toMatchObject({ listen: undefined, bootstrap: [] });
});

test("WebSockets are listened for besides TCP, and dialled through the proxy that is named", async () => {
  const dir = await folderWith('listen_ws = ["4001"]\nproxy = "http://a:1"\n');
  const node = { dir, configPath: null };
  vi.stubEnv("HTTPS_PROXY", "http://other:1");
  const listen = ["0.0.0.0:4000", "ws://0.0.0.0:4001"];
  expect(await nodeSettings(node, {})).toMatchObject({ listen, proxy: "http://a:1" });
  vi.stubEnv("GSTORE_LISTEN_WS", "127.0.0.1:1,/ip4/0.0.0.0/tcp/2");
  vi.stubEnv("GSTORE_PROXY", "http://b:1");
  expect(await nodeSettings(node, { listen: ["3"] })).toMatchObject({
    listen: ["0.0.0.0:3", "ws://127.0.0.1:1", "/ip4/0.0.0.0/tcp/2/ws"],
    proxy: "http://b:1",
  });
  const options = { "listen-ws": ["[::]:5"], proxy: "http://c:1" };
  expect(await nodeSettings(node, options)).toMatchObject({
    listen: ["0.0.0.0:4000", "ws://[::]:5"],
    proxy: "http://c:1",
  });
});

test("the config file says when missing copies are made again, in times with their units", async () => {
  const table = 'below_min = "20s"\nbelow_copies = "1h30m"\nwalk = "1d"\naudit = "30s"\nrate = "2MB"';
  const node = { dir: await folderWith(`[repair]\n${table}\n`), configPath: null };
  expect((await nodeSettings(node, {})).repair).toEqual({
    ...{ belowMinAfterMs: 20_000, belowCopiesAfterMs: 5_400_000, walkEveryMs: 86_400_000 },
    ...{ auditEveryMs: 30_000, bytesPerSecond: 2_000_000 },
  });
});

test.each(['below_min = "30"', 'walk = "10ms"', 'rate = "fast"', "audit = 5", 'below = "1h"'])(
  "a table repair with %s is refused",
  async (line) => {
    const node = { dir: await folderWith(`[repair]\n${line}\n`), configPath: null };
    await expect(nodeSettings(node, {})).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  },
);

test("the node's folder comes from --dir, GSTORE_DIR, the named config file, or the home folder", async () => {
  const dir = await folderWith('dir = "nodes/anna"\n');
  const configPath = configPathOf(join(dir, "config.toml"));
  expect(await nodeFolder(undefined, null)).toBe(join(homedir(), ".gstore"));
  expect(await nodeFolder(undefined, configPath)).toBe(join(dir, "nodes/anna"));
  vi.stubEnv("GSTORE_DIR", "/srv/env");
  expect(await nodeFolder(undefined, configPath)).toBe("/srv/env");
  expect(await nodeFolder("~/x", configPath)).toBe(join(homedir(), "x"));
  await expect(nodeFolder("", null)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});

test.each([
  ["lisen = []", /"lisen" is unknown\. Did you mean "listen"/],
  ["colour = 1", /"colour" is unknown\. Known are dir, listen, bootstrap/],
  ['listen = "127.0.0.1:1"', /"listen" must be array/],
  ["listen = [4000]", /"listen\/0" must be string/],
  ["listen = [", /no TOML/],
  ['dir = "x"', /"dir" can't be set/],
])("the config file %j is refused with a reason", async (text, reason) => {
  const dir = await folderWith(text);
  const refused = nodeSettings({ dir, configPath: null }, {});
  await expect(refused).rejects.toMatchObject({
    code: "INVALID_ARGUMENT",
    message: expect.stringMatching(reason),
  });
});

test("a config file that was named has to be there, and be a file", async () => {
  const dir = await folderWith();
  const missing = { dir, configPath: join(dir, "none.toml") };
  await expect(nodeSettings(missing, {})).rejects.toThrow(/there is none/);
  await mkdir(join(dir, "config.toml"));
  await expect(nodeSettings({ dir, configPath: null }, {})).rejects.toThrow(/EISDIR/);
});

test("the period of scrubbing and the limits are read from the config file, and what makes no sense is refused", async () => {
  const dir = await folderWith('[scrub]\nperiod = "7d"\n[limit]\nup = "2MB/s"\n');
  expect(await nodeSettings({ dir, configPath: null }, {})).toMatchObject({
    scrub: { periodMs: 7 * 86_400_000 },
    limits: { upBytesPerSecond: 2_000_000, downBytesPerSecond: null },
  });
  for (const config of ['[limit]\nup = "much"\n', '[scrub]\nperiod = "often"\n', "[limit]\nsideways = 1\n"]) {
    const wrong = { dir: await folderWith(config), configPath: null };
    await expect(nodeSettings(wrong, {})).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  }
});

test("a limit that is remembered leaves the rest of the config file as it is", async () => {
  const dir = await folderWith('# mine\nlisten = ["127.0.0.1:1"]\n');
  await rememberSettings(dir, { limit: { up: "5MB/s" } });
  await rememberSettings(dir, { limit: { down: "800kB/s" } });
  await rememberSettings(dir, { limit: { up: "off" } });
  expect(await nodeSettings({ dir, configPath: null }, {})).toMatchObject({
    listen: ["127.0.0.1:1"],
    limits: { upBytesPerSecond: null, downBytesPerSecond: 800_000 },
  });
  const fresh = await folderWith("# mine\n");
  await rememberSettings(fresh, { limit: { up: "5MB/s" } });
  expect(await readFile(join(fresh, "config.toml"), "utf8")).toBe('# mine\n\n[limit]\nup = "5MB/s"\n');
});

test.each([
  ["5MB/s", 5_000_000],
  ["800kB", 800_000],
  ["10MiB/s", 10_485_760],
  ["50Mbit/s", 6_250_000],
  ["off", null],
])("the rate %s is %s bytes per second", (text, bytes) => expect(parseRate(text)).toBe(bytes));

test.each(["", "5", "fast", "-5MB", "0MB/s", "5MB/h"])("the rate %j is refused", (text) => {
  expect(() => parseRate(text)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

test("the HTTP API is served on this machine alone unless told otherwise", async () => {
  const dir = await folderWith('http = "5000"\nhttp_cert = "cert.pem"\nhttp_key = "key.pem"\n');
  const node = { dir, configPath: null };
  expect((await nodeSettings(node, {})).http).toMatchObject({
    ...{ isOff: false, isInsecure: false, address: { host: "127.0.0.1", port: 5000 } },
    ...{ certPath: join(dir, "cert.pem"), keyPath: join(dir, "key.pem") },
  });
  vi.stubEnv("GSTORE_HTTP", "off");
  expect((await nodeSettings(node, {})).http.isOff).toBe(true);
  expect((await nodeSettings(node, { http: "[::1]:1" })).http).toMatchObject({
    isOff: false,
    address: { host: "::1", port: 1 },
  });
  for (const wrong of ["", "host", "70000", "a b:1"]) {
    await expect(nodeSettings(node, { http: wrong })).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  }
  const alone = { dir: await folderWith('http_cert = "cert.pem"\n'), configPath: null };
  await expect(nodeSettings(alone, {})).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
});
