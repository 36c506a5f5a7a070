import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gstore } from "./e2e/support/gstore.ts";

async function emptyFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "gstore-usage-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

test("without arguments it prints its help, with every command", async () => {
  const { code, stdout, stderr } = await gstore([]);
  expect([code, stderr]).toEqual([0, ""]);
  for (const command of [
    "init",
    "up",
    "put",
    "get",
    "cat",
    "ls",
    "stat",
    "rm",
    "versions",
    "restore",
    "conflicts",
    "resolve",
    "status",
    "peers",
    "id",
    "join",
    "invite",
    "invites",
    "members",
    "member",
    "leave",
    "space",
    "recovery",
    "passphrase",
    "verify",
  ]) {
    expect(stdout).toContain(`gstore ${command}`);
  }
  expect(stdout).toContain("Exit codes:");
});

test("every command has a help with examples", async () => {
  const commands = [
    "init",
    "up",
    "put",
    "get",
    "cat",
    "ls",
    "stat",
    "rm",
    "versions",
    "restore",
    "conflicts",
    "resolve",
    "status",
    "peers",
    "connect",
    "id",
    "join",
    "invite",
    "invites",
    "members",
    "member",
    "leave",
    "space",
    "recovery",
    "passphrase",
    "verify",
  ];
  const outcomes = await Promise.all(commands.map((command) => gstore([command, "--help"])));
  for (const { code, stdout } of outcomes) {
    expect(code).toBe(0);
    expect(stdout).toContain("Examples:");
  }
});

test.each([
  [["putt", "x"], /Unknown command: putt\. Did you mean "put"/],
  [["putt", "--help"], /Unknown command: putt\. Did you mean "put"/],
  [["--dir", "x", "-h", "purgexyz"], /Unknown command: purgexyz\./],
  [["ls", "--recursiv"], /Unknown option or argument: recursiv\. Did you mean "--recursive"/],
  [["ls", "a", "b"], /Unknown option or argument: b/],
  [["put"], /Something is missing\. Write: gstore put <file> \[key\]/],
  [["--dir"], /Not enough arguments following: dir/],
  [["--dir", "a", "--dir", "b", "ls"], /--dir was given more than once/],
  [["put", "x", "--wait", "soon"], /wait is one of: "local", "min", "all"/],
  [["put", "x", "--copies", "1.5"], /whole number/],
  [["put", "x", "--timeout", "30"], /no duration/],
  [["put", ""], /name of the file is empty/],
  [["put", "-"], /Give a key/],
  [["put", "-", "k", "--content-type", "text/plain\nx"], /content type is ASCII text on one line/],
  [["cat", "x", "--offset", "1XB"], /no number of bytes/],
  [["up", "--listen", "nowhere"], /no address to listen at/],
  [["join"], /Give the ticket, or -/],
  [["join", "-"], /Standard input has no ticket/],
  [["join", "gstorenonsense"], /no valid ticket/],
  [["init", "--recover"], /Standard input has no recovery words/],
  [["init", "--recover", "--from", "x"], /--from and --recover/],
  [["init", "--passphrase"], /Nobody is there to type a passphrase: give --passphrase-file FILE/],
  [["passphrase", "alter"], /action is one of: "set", "change", "remove"/],
  [["passphrase", "set", "--new-passphrase-file", "x"], /Only change takes --new-passphrase-file/],
  [["invite", "--role", "king"], /role is one of: "admin"/],
  [["invite", "--expires", "soon"], /no duration/],
  [["invite", "--uses", "0"], /whole number/],
  [["invites", "rm"], /Name the invitation/],
  [["member", "role", "berta"], /Name the role/],
  [["space", "create"], /Name the space/],
  [["leave"], /--yes/],
])("%j is a matter of usage", async (args, message) => {
  const { code, stdout, stderr } = await gstore(args);
  expect(stderr).toMatch(message);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).not.toMatch(/\n\s+at /);
});

test.each([
  ["init", "--passphrase", "hunter2"],
  ["init", "--passphrase=hunter2"],
  ["passphrase", "set", "hunter2"],
  ["passphrase", "set", "--passphrase=hunter2"],
  ["join", "gstoreticket", "hunter2"],
  ["recovery", "hunter2"],
  ["passphrase", "hunter2"],
  ["init", "--recover", "hunter2", "zoo"],
])("a secret in the wrong place is refused and not repeated: %j", async (...args) => {
  for (const json of [[], ["--json"]]) {
    const { code, stdout, stderr } = await gstore([...args, ...json], { env: { GSTORE_DEBUG: "1" } });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).not.toMatch(/hunter2|gstoreticket|zoo/);
  }
});

test("an error is one line of JSON where that was asked for", async () => {
  const dir = await emptyFolder();
  const unknown = await gstore(["--json", "frob"]);
  expect(JSON.parse(unknown.stderr)).toMatchObject({ code: "INVALID_ARGUMENT", retryable: false });
  const { code, stdout, stderr } = await gstore(["ls", "--json", "--dir", dir]);
  expect([code, stdout, stderr.trim().split("\n").length]).toEqual([4, "", 1]);
  expect(JSON.parse(stderr)).toMatchObject({ code: "NOT_RUNNING", retryable: true, fields: { path: dir } });
});

test("a command without a running node says how to start it", async () => {
  const dir = join(await emptyFolder(), "my node");
  for (const where of [
    ["--dir", dir, "status"],
    ["status", "--dir", dir],
  ]) {
    const { code, stderr } = await gstore(where);
    expect(code).toBe(4);
    expect(stderr).toContain(`gstore --dir '${dir}' up`);
  }
  const byEnvironment = await gstore(["status"], { env: { GSTORE_DIR: dir } });
  expect([byEnvironment.code, byEnvironment.stderr]).toEqual([4, expect.stringContaining(dir)]);
});

test("an unexpected fault shows its stack only when asked for", async () => {
  const dir = await emptyFolder();
  const quiet = await gstore(["up", "--dir", dir]);
  expect([quiet.code, quiet.stderr.trim().split("\n").length]).toEqual([1, 1]);
  expect(quiet.stderr).toContain(`gstore --dir ${dir} init`);
  const loud = await gstore(["up", "--dir", dir], { env: { GSTORE_DEBUG: "1" } });
  expect(loud.stderr).toMatch(/\n\s+at /);
});

test("init makes a node once, and a second one of the same network from its file", async () => {
  const root = await emptyFolder();
  const [anna, berta] = [join(root, "anna"), join(root, "berta")];
  const first = await gstore(["init", "--dir", anna, "--name", "anna", "--json"]);
  const made = JSON.parse(first.stdout);
  expect(made).toMatchObject({ name: "anna", dir: anna, id: expect.stringMatching(/^12D3KooW/) });
  const again = await gstore(["init", "--dir", anna]);
  expect(again.code).toBe(5);
  const second = await gstore(["init", "--dir", berta, "--from", made.networkFile, "--json"]);
  expect(JSON.parse(second.stdout).network).toBe(made.network);
  const id = await gstore(["id", "--dir", berta, "--json"]);
  expect(JSON.parse(id.stdout)).toMatchObject({ network: made.network, addresses: [], running: false });
  const none = await gstore(["init", "--dir", join(root, "c"), "--from", join(root, "none.json")]);
  expect(none.code).toBe(1);
});
