import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { Lab } from "./e2e/support/lab.ts";
import type { TestNode } from "./e2e/support/test-node.ts";

const lab = Lab.forThisFile();
let node: TestNode;

beforeAll(async () => {
  [node] = await lab.up("anna");
});

const lines = (text: string): Record<string, unknown>[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

test("versions shows each of them in a line, and programs the whole of it", async () => {
  await node.client.put("notes.txt", Buffer.from("one"));
  const { version } = await node.client.put("notes.txt", Buffer.from("two!"));
  await node.client.remove("notes.txt");
  const { stdout, stderr } = await node.done(["versions", "notes.txt"]);
  const [titles, removal, second, first, ...rest] = stdout.split("\n");
  expect(titles).toMatch(/^VERSION +STORED +SIZE +STATE +HERE +AUTHOR$/);
  const time = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d";
  expect(removal).toMatch(new RegExp(`^1e20[0-9a-f]{12}  ${time} +-  removed +yes +anna$`));
  expect(second).toMatch(new RegExp(`^${version.slice(0, 16)}  ${time} +4 B  superseded +yes +anna$`));
  expect(first).toMatch(/ 3 B {2}superseded /);
  expect([rest, stderr]).toEqual([[""], ""]);
  const json = lines((await node.done(["versions", "notes.txt", "--json", "-n", "2"])).stdout);
  expect(json).toMatchObject([
    { op: "remove", state: "current", size: null },
    { op: "put", state: "superseded", version, size: 4, here: true, author: { name: "anna" } },
  ]);
  expect((await node.run(["versions", "none"])).code).toBe(3);
  expect((await node.run(["versions", "notes.txt", "-n", "0"])).code).toBe(2);
});

test("get, cat and stat take a version as it is shown, or a time", async () => {
  const root = await lab.path("history");
  const { version } = await node.client.put("file", Buffer.from("first"));
  const { stored } = await node.client.stat("file");
  await node.client.put("file", Buffer.from("second"));
  for (const shown of [version, version.slice(0, 12), `${version.slice(0, 12)}…`, version.toUpperCase()])
    expect((await node.done(["cat", "file", "--version", shown])).stdout).toBe("first");
  expect((await node.done(["cat", "--at", stored, "file"])).stdout).toBe("first");
  expect((await node.done(["cat", "file", "--at", "0"])).stdout).toBe("second");
  expect((await node.done(["get", "file", "--version", version, "-o", "-"])).stdout).toBe("first");
  await node.done(["get", "file", "--at", stored, "-o", root]);
  expect(await readFile(root, "utf8")).toBe("first");
  const [described] = lines((await node.done(["stat", "file", "--version", version, "--json"])).stdout);
  expect(described).toMatchObject({ version, size: 5 });
  // Without a value it is a matter of usage, and not the program's version.
  expect((await node.run(["cat", "file", "--version"])).code).toBe(2);
});

test.each([
  [["cat", "other", "--version", "1e20ffffffffffff"], 3, "There is no version 1e20ffffffffffff"],
  [["cat", "other", "--at", "3650d"], 3, "was not there yet"],
  [["get", "other", "--version", "1e20ffffffffffff"], 3, "There is no version"],
  [["cat", "other", "--version", "ffff"], 2, "at least four"],
  [["cat", "other", "--at", "soon"], 2, "Write it like 2d"],
  [["cat", "other", "--at", "2d", "--version", "1e20ffffffffffff"], 2, "not both"],
  [["cat", "other", "other", "--version", "1e20ffffffffffff"], 2, "name one key"],
  [["get", "folder", "--at", "2d"], 3, "There is no key"],
  [["get", "folder/", "--at", "2d"], 2, "not for a folder"],
])("%j ends with %d", async (args, code, message) => {
  await node.client.put("other", Buffer.from("x"));
  await node.client.put("folder/x", Buffer.from("x"));
  const outcome = await node.run(args, { cwd: join(node.dir, "..") });
  expect([outcome.code, outcome.stdout, outcome.stderr]).toEqual([
    code,
    "",
    expect.stringContaining(message),
  ]);
});

test("restore brings a version back, also of a removed file, and says where it now is", async () => {
  const { version } = await node.client.put("back", Buffer.from("first"));
  await node.client.remove("back");
  const { stdout, stderr } = await node.done(["restore", "back", version.slice(0, 12)]);
  expect(stdout).toMatch(/^restored back \(5 B, version 1e20[0-9a-f]{8}…\) on 1 of 1 node: anna\n$/);
  expect(stderr).toBe("");
  expect((await node.done(["cat", "back"])).stdout).toBe("first");
  const [again] = lines((await node.done(["restore", "back", version, "--json"])).stdout);
  expect(again).toMatchObject({ key: "back", size: 5, copies: 1, holders: [{ name: "anna" }] });
  expect((await node.run(["restore", "back", "1e20ffffffffffff"])).code).toBe(3);
  expect((await node.run(["restore", "back"])).code).toBe(2);
});

test("where there is no conflict, conflicts says so and resolve finds none", async () => {
  const { version } = await node.client.put("peaceful", Buffer.from("x"));
  const { stdout, stderr } = await node.done(["conflicts"]);
  expect([stdout, stderr]).toEqual(["", "No file is in conflict.\n"]);
  expect((await node.done(["conflicts", "--json"])).stderr).toBe("");
  const none = await node.run(["resolve", "peaceful", "--keep", version]);
  expect([none.code, none.stderr]).toEqual([3, expect.stringContaining("is in no conflict")]);
  expect((await node.run(["resolve", "peaceful"])).code).toBe(2);
  expect((await node.done(["status"])).stdout).toMatch(/^conflicts +none$/m);
});

test("purge destroys what a key ever held, says who has, and asks before", async () => {
  const { version } = await node.client.put("secret/key", Buffer.alloc(5000, "old"));
  expect(await node.run(["purge", "secret/key"])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--yes"),
  });
  const { stdout } = await node.done(["purge", "secret/key", "--yes"]);
  expect(stdout).toBe("purged secret/key: 1 version\nMEMBER  STATE\nanna    destroyed\n");
  const gone = await node.run(["cat", "secret/key", "--version", version]);
  expect(gone).toMatchObject({ stdout: "", code: 1, stderr: expect.stringContaining("was purged") });
  expect(lines((await node.done(["versions", "secret/key", "--json"])).stdout)).toMatchObject([
    { op: "remove", state: "current" },
    { op: "put", state: "purged", version, size: null, digest: null },
  ]);
  expect((await node.done(["versions", "secret/key"])).stdout).toMatch(/ purged /);
  const [again] = lines((await node.done(["purge", "secret/key", "-y", "--json"])).stdout);
  expect(again).toMatchObject({ key: "secret/key", versions: 1, oldVersions: 0 });
  expect((await node.run(["purge", "secret/never", "--yes"])).code).toBe(3);
  expect((await node.run(["purge", "secret/key", "--yes", "--timeout", "5"])).code).toBe(2);
});

test("rm --history gives up what a key ever held, also one that was removed before, and gc gives the space back", async () => {
  const { version } = await node.client.put("secret/plan", Buffer.alloc(5000, "old"));
  await node.client.put("secret/plan", Buffer.alloc(5000, "new"));
  await node.done(["rm", "secret/plan"]);
  expect((await node.done(["cat", "secret/plan", "--version", version])).stdout).toHaveLength(5000);
  const { stdout } = await node.done(["rm", "--history", "secret/plan"]);
  expect(stdout).toBe("removed secret/plan and its history\n");
  const gone = await node.run(["cat", "secret/plan", "--version", version]);
  expect(gone).toMatchObject({ stdout: "", code: 1 });
  expect(gone.stderr).toContain("its content was given up");
  expect(lines((await node.done(["versions", "secret/plan", "--json"])).stdout)).toHaveLength(1);
  const [found] = lines((await node.done(["gc", "--dry-run", "--json"])).stdout);
  expect(found).toMatchObject({ dryRun: true, expired: 0, blobs: 2, unreadable: [] });
  expect((await node.done(["gc"])).stdout).toMatch(/^took away 2 blobs \(\d/);
  expect(lines((await node.done(["gc", "--json"])).stdout)).toMatchObject([
    { dryRun: false, blobs: 0, bytes: 0 },
  ]);
  expect((await node.run(["rm", "--history", "secret/never"])).code).toBe(3);
});
