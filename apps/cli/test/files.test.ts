import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { Lab } from "./e2e/support/lab.ts";
import type { TestNode } from "./e2e/support/test-node.ts";

const lab = Lab.forThisFile();
let node: TestNode;

beforeAll(async () => {
  [node] = await lab.up("anna");
});

async function folder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const root = await lab.path("folder");
  await mkdir(root);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), text);
  }
  return root;
}

const lines = (text: string): Record<string, unknown>[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

test("put names the key after the file, and ends with one line that names the nodes", async () => {
  const root = await folder({ "notes.txt": "hello" });
  const { stdout, stderr } = await node.done(["put", "notes.txt"], { cwd: root });
  expect(stdout).toMatch(/^stored notes\.txt \(5 B, version 1e20[0-9a-f]{8}…\) on 1 of 1 node: anna\n$/);
  expect(stderr).toBe("");
  const [stored] = lines((await node.done(["put", "notes.txt", "docs/", "--json"], { cwd: root })).stdout);
  expect(stored).toMatchObject({
    key: "docs/notes.txt",
    size: 5,
    copies: 1,
    wanted: 1,
    holders: [{ name: "anna" }],
  });
});

test("get writes the last part into the current folder, and replaces only with --force", async () => {
  const root = await folder();
  await node.client.put("a/b/one.txt", Buffer.from("first"));
  await node.done(["get", "a/b/one.txt"], { cwd: root });
  expect(await readFile(join(root, "one.txt"), "utf8")).toBe("first");
  await node.client.put("a/b/one.txt", Buffer.from("second"));
  const refused = await node.run(["get", "a/b/one.txt"], { cwd: root });
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining("--force")]);
  expect(await readFile(join(root, "one.txt"), "utf8")).toBe("first");
  await node.done(["get", "a/b/one.txt", "--force"], { cwd: root });
  expect(await readFile(join(root, "one.txt"), "utf8")).toBe("second");
  await node.done(["get", "a/b/one.txt", "-o", "other.txt"], { cwd: root });
  await node.done(["get", "a/b/one.txt", "-o", "other.txt"], { cwd: root });
  await mkdir(join(root, "into"));
  await node.done(["get", "a/b/one.txt", "-o", "into"], { cwd: root });
  expect((await readdir(root, { recursive: true })).sort()).toEqual([
    "into",
    "into/one.txt",
    "one.txt",
    "other.txt",
  ]);
  const { stdout } = await node.done(["get", "a/b/one.txt", "-o", "-"]);
  expect(stdout).toBe("second");
});

test("a device is written to, not replaced", async () => {
  await node.client.put("device", Buffer.from("x"));
  await node.done(["get", "device", "-o", "/dev/null"]);
  expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
});

test("a folder comes back as it was put: names, bytes, modes and times", async () => {
  const files = {
    "top.txt": "1",
    "sub/deep/x": "22",
    "sub/\u00e9\u{1f600}": "333",
    "new\nline": "4",
    "back\\slash": "5",
    empty: "",
  };
  const root = await folder({ ...files, "skip.log": "x", ".gstoreignore": "*.log\n" });
  await chmod(join(root, "sub/deep/x"), 0o751);
  await utimes(join(root, "top.txt"), 1_500_000_000, 1_400_000_000.5);
  await symlink("/etc/passwd", join(root, "link"));
  const put = await node.done(["put", root, "backup/one"]);
  expect(put.stdout).toMatch(
    /^stored 7 files \(\S+ B\) below backup\/one\/ on 1 of 1 node: anna, 1 skipped\n$/,
  );
  expect(put.stderr).toMatch(/skipped \S+\/link: a symbolic link/);
  const target = await folder();
  await node.done(["get", "backup/one"], { cwd: target });
  for (const [name, text] of Object.entries(files)) {
    expect(await readFile(join(target, "one", name), "utf8")).toBe(text);
  }
  expect((await stat(join(target, "one/sub/deep/x"))).mode & 0o777).toBe(0o751);
  expect((await stat(join(target, "one/top.txt"))).mtimeMs).toBe(1_400_000_000_500);
  const again = await node.run(["get", "backup/one/", "--json"], { cwd: target });
  expect(again.code).toBe(5);
  expect(lines(again.stderr)).toHaveLength(7);
  const forced = await node.done(["get", "backup/one", "--force", "--json"], { cwd: target });
  expect(lines(forced.stdout)).toHaveLength(7);
});

test("a folder can be put at the top, and be named after itself", async () => {
  const root = await folder({ "tree/x": "1" });
  await node.done(["put", "tree"], { cwd: root });
  await node.done(["put", "tree", "/"], { cwd: root });
  expect(await node.keys("tree/")).toEqual(["tree/x"]);
  expect(await node.keys("x")).toEqual(["x"]);
});

test("get never writes through a symbolic link in the target", async () => {
  const outside = await folder();
  const target = await folder();
  await node.client.put("trap/link/file", Buffer.from("x"));
  await node.client.put("trap/fine", Buffer.from("x"));
  await symlink(outside, join(target, "link"));
  const { code, stderr } = await node.run(["get", "trap", "-o", target]);
  expect([code, stderr]).toEqual([5, expect.stringContaining("link")]);
  expect(await readdir(outside)).toEqual([]);
  expect((await readdir(target)).sort()).toEqual(["fine", "link"]);
});

test("a file and a folder of one name: what can be written is, and the other is reported", async () => {
  const target = await folder();
  await node.client.put("clash/a", Buffer.from("file"));
  await node.client.put("clash/a/b", Buffer.from("below"));
  const { code, stderr } = await node.run(["get", "clash/", "-o", target]);
  expect(code).toBe(5);
  expect(stderr).toMatch(/gstore: \S+/);
  expect((await readdir(target)).filter((name) => name !== "a")).toEqual([]);
});

test("what is not there is exit code 3", async () => {
  for (const args of [
    ["get", "none"],
    ["get", "none/"],
    ["cat", "none"],
    ["stat", "none"],
    ["rm", "none"],
    ["rm", "-r", "none"],
    ["ls", "none"],
  ]) {
    const { code, stdout } = await node.run(args);
    expect([args, code, stdout]).toEqual([args, 3, ""]);
  }
});

test("a key that can't be one is a matter of usage, for every command", async () => {
  for (const key of ["", "/x", "a//b", "../../x", "a/./b", "x".repeat(2000)]) {
    expect([key, (await node.run(["put", "-", key])).code]).toEqual([key, 2]);
  }
  for (const command of ["get", "cat", "stat", "rm"])
    expect((await node.run([command, "../x"])).code).toBe(2);
});

test("ls shows one level, a folder's content, and everything with -r", async () => {
  for (const key of ["ls/a", "ls/b/c", "ls/b/d", "ls/bb"]) await node.client.put(key, Buffer.from("x"));
  const ls = async (...args: string[]): Promise<string[]> =>
    (await node.done(["ls", ...args])).stdout.split("\n").slice(0, -1);
  expect(await ls("ls")).toEqual(["ls/a", "ls/b/", "ls/bb"]);
  expect(await ls("ls/b")).toEqual(["ls/b/c", "ls/b/d"]);
  expect(await ls("ls/b/")).toEqual(["ls/b/c", "ls/b/d"]);
  expect(await ls("-r", "ls")).toEqual(["ls/a", "ls/b/c", "ls/b/d", "ls/bb"]);
  expect(await ls("ls/a")).toEqual(["ls/a"]);
  expect(await ls("l")).toContain("ls/");
  expect((await ls("-l", "ls/a"))[0]).toMatch(/^-\s+1 B\s+\d{4}-\d\d-\d\d \d\d:\d\d\s+anna\s+ls\/a$/);
  const [file, sub] = lines((await node.done(["ls", "ls", "--json"])).stdout);
  expect(file).toMatchObject({
    kind: "file",
    key: "ls/a",
    size: 1,
    stored: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect(sub).toEqual({ kind: "folder", key: "ls/b/" });
});

test("a name can't act on the terminal, and is exact in JSON and with -0", async () => {
  const key = "evil/\u001b[2J\n\u009b1m\u202etxt\\";
  await node.client.put(key, Buffer.from("x"), { metadata: { note: "\u001b]0;title\u0007" } });
  for (const args of [
    ["ls", "-r", "evil"],
    ["ls", "-l", "evil"],
    ["stat", key],
    ["get", "evil/none\u001b[2J"],
  ]) {
    const { stdout, stderr } = await node.run(args);
    expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
  }
  expect((await node.done(["ls", "-r", "evil"])).stdout).toBe("evil/\\u001b[2J\\n\\u009b1m\\u202etxt\\\\\n");
  expect((await node.done(["ls", "-r0", "evil"])).stdout).toBe(`${key}\0`);
  const { stdout } = await node.done(["ls", "-r", "evil", "--json"]);
  expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
  expect(lines(stdout)).toMatchObject([{ key }]);
});

test("rm removes keys, and folders with -r", async () => {
  for (const key of ["rm/a", "rm/b/c", "rm/b/d", "rm/bb"]) await node.client.put(key, Buffer.from("x"));
  expect((await node.run(["rm", "rm/b"])).code).toBe(3);
  expect(lines((await node.done(["rm", "-r", "rm/b", "--json"])).stdout)).toHaveLength(2);
  expect(await node.keys("rm/")).toEqual(["rm/a", "rm/bb"]);
  const some = await node.run(["rm", "rm/none", "rm/a"]);
  expect([some.code, some.stdout]).toEqual([3, "removed rm/a\n"]);
  expect((await node.run(["rm", "-r", "/"])).code).toBe(2);
});

test("cat gives several files, or a part of one", async () => {
  await node.client.put("cat/a", Buffer.from("hello "));
  await node.client.put("cat/b", Buffer.from("world"));
  expect((await node.done(["cat", "cat/a", "cat/b"])).stdout).toBe("hello world");
  expect((await node.done(["cat", "cat/b", "--offset", "1", "--bytes", "3"])).stdout).toBe("orl");
});

test("keys that look like numbers, options or dashes are names like any other", async () => {
  const root = await folder({ "1e3": "number", "-x": "dash" });
  await node.done(["put", "1e3"], { cwd: root });
  await node.done(["put", "--", "-x"], { cwd: root });
  expect((await node.done(["cat", "1e3"])).stdout).toBe("number");
  expect((await node.done(["cat", "--", "-x"])).stdout).toBe("dash");
});

test("more copies than there are nodes is exit code 6, and the copy here is kept", async () => {
  const missed = await node.run(
    ["put", "-", "few", "--copies", "2", "--wait", "all", "--timeout", "100ms", "--json"],
    {
      input: Buffer.from("kept"),
    },
  );
  expect(missed.code).toBe(6);
  expect(JSON.parse(missed.stderr)).toMatchObject({
    code: "COPIES_NOT_REACHED",
    fields: { copies: 1, wanted: 2 },
  });
  expect((await node.done(["cat", "few"])).stdout).toBe("kept");
});

test("status, peers, id and verify answer programs", async () => {
  const [status] = lines((await node.done(["status", "--json"])).stdout);
  expect(status).toMatchObject({
    name: "anna",
    members: 1,
    connected: 0,
    started: expect.stringMatching(/Z$/),
  });
  expect(Number.isInteger(status?.diskFreeBytes)).toBe(true);
  const [id] = lines((await node.done(["id", "--json"])).stdout);
  expect(id).toMatchObject({ id: node.id, addresses: [node.address], running: true });
  expect((await node.done(["peers", "--json"])).stdout).toBe("");
  const [report] = lines((await node.done(["verify", "--json"])).stdout);
  expect(report).toMatchObject({ damaged: [], damagedSpans: [] });
  expect((await node.done(["verify"])).stdout).toMatch(/^checked \d+ blobs \(.*\): all intact\n$/);
});
