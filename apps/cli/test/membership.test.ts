import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { gstore } from "./e2e/support/gstore.ts";
import { Lab } from "./e2e/support/lab.ts";
import { waitFor } from "./e2e/support/wait-for.ts";
import { MemberNode } from "./support/member-node.ts";
import { readQr } from "./support/read-qr.ts";

// Each test starts a dozen processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 240_000 });

const lab = Lab.forThisFile();

/** The first node of a new network, running. */
async function startAnna(): Promise<MemberNode> {
  const anna = await freshNode("anna");
  await anna.done("init", "--name", "anna");
  await anna.up();
  return anna;
}

async function freshNode(name: string): Promise<MemberNode> {
  return new MemberNode(await lab.path(name));
}

/** One more node of anna's network, running and connected. */
async function joined(anna: MemberNode, name: string, ...invite: readonly string[]): Promise<MemberNode> {
  const node = await freshNode(name);
  expect(await node.join(await anna.invite(...invite), "--name", name)).toMatchObject({ code: 0 });
  await node.up();
  await node.connectedTo("anna");
  return node;
}

test("a ticket brings a fresh machine into the network: files go both ways", async () => {
  const anna = await startAnna();
  const { stdout: ticket, stderr } = await anna.run(["invite"]);
  expect(ticket).toMatch(/^gstore[a-z2-7]+\n$/);
  expect(stderr).toMatch(/as writer for 1 node, until /);
  const berta = await freshNode("berta");
  const made = await berta.join(ticket, "--name", "berta");
  expect(made.code).toBe(0);
  for (const shown of ["berta", "writer", "12D3KooW", `gstore --dir ${berta.dir} up`]) {
    expect(made.stdout).toContain(shown);
  }
  expect(made.stdout + made.stderr).not.toContain(ticket.trim());
  await berta.up();
  await berta.connectedTo("anna");
  expect((await anna.put("from-anna", "hello berta", "--wait", "all")).code).toBe(0);
  expect((await berta.put("from-berta", "hello anna", "--wait", "all")).code).toBe(0);
  expect(await berta.done("cat", "from-anna")).toBe("hello berta");
  expect(await anna.done("cat", "from-berta")).toBe("hello anna");
  const members = await berta.json("members");
  expect(members).toMatchObject([
    { name: "anna", role: "admin", self: false, connected: true },
    { name: "berta", role: "writer", self: true },
  ]);
});

test("invite --qr draws the ticket as a QR code beside it, and not in JSON", async () => {
  const anna = await startAnna();
  const { code, stdout, stderr } = await anna.run(["invite", "--qr"]);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^gstore[a-z2-7]+\n$/)]);
  expect(readQr(stderr.split("\n").filter((line) => /^[█▀▄ ]+$/.test(line)))).toBe(stdout.trim());
  const json = await anna.run(["invite", "--qr", "--json"]);
  expect([json.code, json.stderr, json.stdout.trim().split("\n").length]).toEqual([0, "", 1]);
});

test("join keeps the ticket nowhere, and what the config file sets", async () => {
  const anna = await startAnna();
  const berta = await freshNode("berta");
  const ticket = await anna.invite();
  const made = await berta.join(ticket);
  expect(made.code).toBe(0);
  const again = await freshNode("clara");
  await again.run(["init"]);
  for (const name of await readdir(berta.dir)) {
    const path = join(berta.dir, name);
    expect([name, (await stat(path)).mode & 0o077]).toEqual([name, 0]);
    expect(await readFile(path, "latin1")).not.toContain(ticket);
  }
  expect(await readFile(join(berta.dir, "config.toml"), "utf8")).toContain("/ip4/127.0.0.1/tcp/");
  const occupied = await again.join(await anna.invite());
  expect([occupied.code, occupied.stderr]).toEqual([5, expect.stringContaining("There is a node in")]);
  const dora = await freshNode("dora");
  await mkdir(dora.dir);
  await writeFile(join(dora.dir, "config.toml"), "bootstrapp = []\n");
  const broken = await dora.join(await anna.invite());
  expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining('"bootstrapp" is unknown')]);
});

test("a ticket that is used, withdrawn, expired or edited is refused", async () => {
  const anna = await startAnna();
  const fresh = await freshNode("fresh");
  const refused = async (ticket: string): Promise<string> => {
    const { code, stdout, stderr } = await fresh.join(ticket);
    expect([code, stdout]).toEqual([5, ""]);
    await expect(stat(fresh.dir)).rejects.toMatchObject({ code: "ENOENT" });
    return stderr;
  };
  const used = await anna.invite();
  expect((await (await freshNode("berta")).join(used, "--name", "berta")).code).toBe(0);
  expect(await refused(used)).toMatch(/used up/);
  const [withdrawn] = await anna.json("invite", "--uses", "2");
  expect(await anna.json("invites")).toMatchObject([{ id: withdrawn?.id, uses: 2, usesLeft: 2 }]);
  expect(await anna.done("invites", "rm", String(withdrawn?.id))).toContain(`withdrew ${withdrawn?.id}`);
  expect(await refused(String(withdrawn?.ticket))).toMatch(/withdrawn/);
  expect(await refused(await anna.invite("--expires", "1ms"))).toMatch(/expired/);
  const ticket = await anna.invite();
  const edited = ticket.slice(0, 40) + (ticket[40] === "a" ? "b" : "a") + ticket.slice(41);
  const { code, stderr } = await fresh.join(edited);
  expect([code, stderr]).toEqual([2, expect.stringContaining("no valid ticket")]);
});

test("a ticket whose issuer is down says that it must be reachable", async () => {
  const anna = await startAnna();
  const ticket = await anna.invite();
  await anna.stop();
  const berta = await freshNode("berta");
  const { code, stderr } = await berta.join(ticket);
  expect([code, stderr]).toEqual([4, expect.stringContaining("can't be reached, and it alone redeems it")]);
  await anna.up();
  await expect(stat(berta.dir)).rejects.toMatchObject({ code: "ENOENT" });
});

test("a removed member is dropped at once, and may write no more", async () => {
  const anna = await startAnna();
  const berta = await joined(anna, "berta");
  expect((await berta.put("before", "x", "--wait", "all")).code).toBe(0);
  const { code, stdout, stderr } = await anna.run(["member", "remove", "berta"]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("removed berta")]);
  expect(stderr).toMatch(/stays readable to it/);
  await waitFor("berta is dropped", async () => (await anna.json("peers")).length === 0);
  await waitFor("berta knows it", async () => (await berta.put("after", "x")).code === 5);
  const put = await berta.put("after", "x");
  expect([put.code, put.stderr]).toEqual([5, expect.stringContaining("no member")]);
  expect(await anna.json("members")).toMatchObject([{ name: "anna" }]);
  const nobody = await anna.run(["member", "remove", "berta"]);
  expect([nobody.code, nobody.stderr]).toEqual([5, expect.stringContaining("There is no member berta")]);
});

test("a role is changed by an admin alone, and holds at once", async () => {
  const anna = await startAnna();
  const berta = await joined(anna, "berta");
  expect((await berta.run(["member", "role", "berta", "admin"])).code).toBe(5);
  expect((await berta.run(["invite"])).stderr).toMatch(/Only an admin/);
  expect(await anna.done("member", "role", "berta", "reader")).toMatch(/berta is reader now/);
  await waitFor("berta may not write", async () => (await berta.put("k", "x")).code === 5);
  expect((await berta.put("k", "x")).stderr).toMatch(/role \(reader\)/);
});

test("a vault keeps copies and can name and read nothing", async () => {
  const anna = await startAnna();
  const vault = await joined(anna, "vault", "--role", "vault");
  const stored = await anna.put("secret-plan", "x", "--wait", "all");
  expect([stored.code, stored.stdout]).toEqual([0, expect.stringContaining("on 2 of 2 nodes")]);
  const reads = [["ls"], ["cat", "secret-plan"], ["stat", "secret-plan"], ["versions", "secret-plan"]];
  for (const args of [...reads, ["conflicts"]]) {
    const { code, stdout, stderr } = await vault.run(args);
    expect([args, code, stdout]).toEqual([args, 5, ""]);
    expect(stderr).toMatch(/is a vault/);
  }
  const words = await vault.run(["recovery"]);
  expect([words.code, words.stdout]).toEqual([5, ""]);
});

test("spaces keep their keys apart, and a reader of one sees no other", async () => {
  const anna = await startAnna();
  await anna.done("space", "create", "photos");
  expect((await anna.put("plan", "main")).code).toBe(0);
  expect((await anna.put("trip", "photo", "--space", "photos")).code).toBe(0);
  expect(await anna.done("ls")).toBe("plan\n");
  expect(await anna.done("ls", "--space", "photos")).toBe("trip\n");
  const berta = await joined(anna, "berta", "--role", "reader", "--space", "photos");
  await waitFor(
    "berta has the space",
    async () => (await berta.done("ls", "--space", "photos")) === "trip\n",
  );
  expect(await berta.done("cat", "trip", "--space", "photos")).toBe("photo");
  const other = await berta.run(["ls"]);
  expect([other.code, other.stdout]).toEqual([3, ""]);
  expect((await berta.json("space", "ls")).map(({ name }) => name)).toEqual(["photos"]);
});

test("leave takes the node out, once that is confirmed and what only it holds is elsewhere", async () => {
  const anna = await startAnna();
  const berta = await joined(anna, "berta");
  expect((await berta.put("bertas-own", "hello", "--copies", "1", "--wait", "local")).code).toBe(0);
  expect((await berta.run(["leave"])).code).toBe(2);
  const { code, stdout, stderr } = await berta.run(["leave", "--yes"]);
  expect([code, stdout]).toEqual([0, "berta has left its network\n"]);
  expect(stderr).toMatch(/stays here, to be read as before: 1 file/);
  await waitFor("anna knows it", async () => (await anna.json("members")).length === 1);
  expect((await berta.put("k", "x")).code).toBe(5);
  expect(await berta.done("cat", "bertas-own")).toBe("hello");
  await berta.stop();
  expect(await anna.done("cat", "bertas-own")).toBe("hello");
});

test("leave stays where a file would be on no other node, and says which; --force leaves", async () => {
  const anna = await startAnna();
  const berta = await joined(anna, "berta");
  await anna.stop();
  expect((await berta.put("lonely", "hello", "--wait", "local")).code).toBe(0);
  const stays = await berta.run(["leave", "--yes"]);
  expect([stays.code, stays.stdout]).toEqual([6, ""]);
  expect(stays.stderr).toMatch(/berta stays: 1 file .* on no other node: "lonely"\. .* start "anna"/);
  expect((await berta.json("members")).length).toBe(2);
  const [left] = await berta.json("leave", "--yes", "--force");
  expect(left).toMatchObject({
    name: "berta",
    onlyHere: { files: 1, keys: [{ key: "lonely" }] },
  });
  expect((await berta.put("k", "x")).code).toBe(5);
});

test("members shows who is away, since when, and where it was", async () => {
  const anna = await startAnna();
  const berta = await joined(anna, "berta");
  await berta.stop();
  await waitFor("anna knows it", async () => (await anna.json("peers"))[0]?.connected === false);
  await anna.stop();
  await anna.up();
  const [, away] = await anna.json("members");
  expect(away).toMatchObject({ name: "berta", connected: false, address: expect.stringContaining("/ip4/") });
  expect(Date.now() - Date.parse(String(away?.lastSeen))).toBeLessThan(240_000);
  expect(await anna.done("members")).toMatch(/LAST SEEN[\s\S]*berta .*away +(just now|\d min ago)/);
});

test("the recovery words and one surviving node bring everything back", async () => {
  const anna = await startAnna();
  const shown = await anna.run(["recovery"]);
  expect(shown.stdout.trim().split(" ")).toHaveLength(24);
  expect(shown.stderr).toMatch(/owns the network/);
  const vault = await joined(anna, "vault", "--role", "vault");
  await anna.done("space", "create", "photos");
  expect((await anna.put("plan", "the plan", "--wait", "all")).code).toBe(0);
  expect((await anna.put("trip", "a photo", "--wait", "all", "--space", "photos")).code).toBe(0);
  const [{ addresses } = {}] = await vault.json("id");
  await anna.stop();
  const again = await freshNode("anna2");
  const words = Buffer.from(shown.stdout.toUpperCase());
  const made = await again.run(["init", "--recover", "--name", "anna2"], { input: words });
  expect([made.code, made.stdout]).toEqual([0, expect.stringContaining("anna2")]);
  await again.up("--bootstrap", String((addresses as string[])[0]));
  await again.connectedTo("vault");
  const cat = async (...args: readonly string[]) => (await again.run(["cat", ...args])).stdout;
  await waitFor("main is back", async () => (await cat("plan")) === "the plan");
  await waitFor("photos is back", async () => (await cat("trip", "--space", "photos")) === "a photo");
  const wrong = await gstore(["--dir", await lab.path("x"), "init", "--recover"], {
    input: Buffer.from("zoo ".repeat(24)),
  });
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("checksum")]);
});
