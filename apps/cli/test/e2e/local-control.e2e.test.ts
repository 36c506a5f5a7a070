import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import type { Child } from "./support/child-process.ts";
import { startGstore } from "./support/gstore.ts";
import { Lab } from "./support/lab.ts";
import { secretsIn, secretsOf, secretsOfTicket, secretText } from "./support/secrets.ts";
import type { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

// What other users and other programs of the machine that a node runs on can get at.

const PASSPHRASE = "Zq7 correct horse battery";
const NOBODY = 65534;
const LISTENING = "0A";
const LOOK_MS = 10;

const lab = Lab.forThisFile();
const [anna] = (await lab.init("anna")) as [TestNode];
await anna.up({ umask: "000", http: "127.0.0.1:0" });
const run = join(anna.dir, "run");
const socketPath = join(run, "control.sock");

test("the control socket is its owner's, in a folder of its owner's, and of two ports one is for members, the other for tokens", async () => {
  expect((await stat(run)).mode & 0o777).toBe(0o700);
  const socket = await stat(socketPath);
  expect(socket.isSocket()).toBe(true);
  expect(socket.mode & 0o777).toBe(0o600);
  // A web page in a browser reaches ports alone: the nodes' own speaks TLS with members (outsiders.e2e.test.ts).
  const ports = (await listeningPorts(anna.pid)).filter((port) => port !== anna.port);
  expect(ports).toHaveLength(1);
  const ask = (headers: Record<string, string>): Promise<Response> =>
    fetch(`http://127.0.0.1:${ports[0]}/v1/status`, { headers });
  expect((await ask({})).status).toBe(401);
  const token = (await anna.done(["token", "create", "--role", "reader"])).stdout.trim();
  expect((await ask({ authorization: `Bearer ${token}` })).status).toBe(200);
  expect((await ask({ authorization: `Bearer ${token}`, origin: "https://evil.example" })).status).toBe(403);
});

test.skipIf(process.getuid?.() !== 0)(
  "another user is refused by the socket itself, were every folder open",
  async () => {
    const root = join(anna.dir, "..");
    expect(await asNobody(socketPath)).toBe("EACCES");
    for (const folder of [root, anna.dir, run]) await chmod(folder, 0o755);
    expect(await asNobody(socketPath)).toBe("EACCES");
    // So it is the socket's mode that refuses it.
    await chmod(socketPath, 0o666);
    expect(await asNobody(socketPath)).toBe("connected");
    await chmod(socketPath, 0o600);
    for (const folder of [root, anna.dir, run]) await chmod(folder, 0o700);
    expect(await asNobody(socketPath)).toBe("EACCES");
  },
);

test("no secret is on a command line or in an environment, while a command waits for it, works or runs a node", async () => {
  const { ticket } = await anna.client.membership.invite({});
  const words = (await anna.done(["recovery"])).stdout.trim();
  const [file, recovered] = [await lab.path("passphrase"), await lab.path("recovered")];
  await writeFile(file, `${PASSPHRASE}\n`, { mode: 0o600 });
  const secret = ["--passphrase-file", file];
  const seen: Buffer[] = [];
  const watch = async (args: readonly string[], input: string): Promise<void> => {
    const child = startGstore(args);
    // It waits for its input, and shows what it began with until it ends.
    await waitFor("the command runs", async () => {
      return child.hasEnded || (await shownBy(child)).includes("gstore.js");
    });
    child.process.stdin.end(`${input}\n`);
    for (let before = seen.length; !child.hasEnded || before === seen.length; await delay(LOOK_MS))
      seen.push(await shownBy(child));
    expect((await child.ended).code, child.stderr).toBe(0);
  };
  await watch(["join", "-", "--no-up", ...secret, "--dir", await lab.path("joined")], ticket);
  await watch(["init", "--recover", ...secret, "--dir", recovered], words);
  await watch(["passphrase", "remove", ...secret, "--dir", recovered], "");
  await watch(["invite", "--dir", anna.dir], "");
  seen.push(await shownBy({ pid: anna.pid }));
  expect(seen.filter(({ length }) => length > 0).length).toBeGreaterThan(8);
  const secrets = [
    ...secretsOfTicket(ticket),
    ...(await secretsOf(anna.dir)),
    ...(await secretsOf(recovered)),
  ];
  secrets.push(secretText("the words", words), secretText("the passphrase", PASSPHRASE));
  expect(secretsIn(Buffer.concat(seen), secrets)).toEqual([]);
});

/** Command lines and environments of a command's processes, as other programs of its user (and command lines: all) see them. */
async function shownBy({ pid }: Pick<Child, "pid">): Promise<Buffer> {
  const shown: Buffer[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stats = await readFile(`/proc/${name}/stat`, "utf8");
      // After the name in parentheses: state, parent, group. Each command is in a group of its own.
      const group = stats.slice(stats.lastIndexOf(")") + 2).split(" ")[2];
      if (group !== String(pid)) continue;
      for (const file of ["cmdline", "environ", "comm"]) shown.push(await readFile(`/proc/${name}/${file}`));
    } catch {
      // It has ended meanwhile.
    }
  }
  return Buffer.concat(shown);
}

/** TCP ports on which a process listens. */
async function listeningPorts(pid: number): Promise<number[]> {
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const targets = descriptors.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => ""));
  const inodes = new Set(
    (await Promise.all(targets)).map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]),
  );
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/${pid}/net/${name}`, "utf8")),
  );
  const rows = tables
    .flatMap((table) => table.trim().split("\n").slice(1))
    .map((row) => row.trim().split(/\s+/));
  return rows
    .filter((row) => row[3] === LISTENING && inodes.has(row[9]))
    .map((row) => Number.parseInt(row[1]?.split(":")[1] ?? "", 16));
}

/** What a program of another user gets that connects to a socket: `connected`, or the system's error. */
async function asNobody(path: string): Promise<string> {
  const program = `process.setgroups([]); process.setgid(${NOBODY}); process.setuid(${NOBODY});
    const socket = require("node:net").connect(process.argv[1]);
    socket.once("connect", () => { console.log("connected"); socket.destroy(); });
    socket.once("error", (error) => console.log(error.code));`;
  const child = spawn(process.execPath, ["-e", program, path], { stdio: ["ignore", "pipe", "inherit"] });
  const said: Buffer[] = [];
  child.stdout.on("data", (data: Buffer) => said.push(data));
  await once(child, "close");
  return Buffer.concat(said).toString().trim();
}
