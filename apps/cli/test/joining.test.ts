import { stat } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { startGstore } from "./e2e/support/gstore.ts";
import { Lab } from "./e2e/support/lab.ts";
import { waitFor } from "./e2e/support/wait-for.ts";
import { MemberNode } from "./support/member-node.ts";
import { Typist } from "./support/typist.ts";

// Each test starts a dozen processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 240_000 });

const lab = Lab.forThisFile();

async function startAnna(...keys: readonly string[]): Promise<MemberNode> {
  const anna = await freshNode("anna");
  await anna.done("init", "--name", "anna");
  await anna.up();
  for (const key of keys) await anna.put(key, `content of ${key}`);
  return anna;
}

async function freshNode(name: string): Promise<MemberNode> {
  return new MemberNode(await lab.path(name));
}

async function expectNothing({ dir }: MemberNode): Promise<void> {
  await expect(stat(dir)).rejects.toMatchObject({ code: "ENOENT" });
}

/** Something that takes connections and says nothing, so that whoever dials it waits. */
async function silentPort(): Promise<{ port: number; dialled: Promise<void> }> {
  const server = createServer();
  const dialled = new Promise<void>((resolve) => server.once("connection", () => resolve()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, dialled };
}

test("join brings a fresh machine in, up and in sync with one command; Ctrl-C leaves a node that up starts", async () => {
  const anna = await startAnna("a", "b", "c");
  const berta = await freshNode("berta");
  const child = await berta.joinAndRun(await anna.invite(), "--name", "berta");
  const lines = child.stdout.trim().split("\n");
  expect(lines.slice(0, 2)).toEqual([`joined   ${berta.dir}`, "name     berta"]);
  expect(lines.at(-2)).toMatch(/^ready 12D3KooW\S+ berta \/ip4\/127\.0\.0\.1\/tcp\/\d+\/p2p\/12D3KooW/);
  expect(lines.at(-1)).toBe("in sync with anna: 3 keys");
  expect(await berta.done("cat", "b")).toBe("content of b");
  child.kill("SIGINT");
  expect((await child.ended).code).toBe(0);
  await berta.up();
  await berta.connectedTo("anna");
  expect(await berta.done("ls")).toBe("a\nb\nc\n");
});

test("join --json tells joined, ready and synced; a vault counts versions, since it sees no keys", async () => {
  const anna = await startAnna("a");
  const vault = await freshNode("vault");
  const child = await vault.joinAndRun(await anna.invite("--role", "vault"), "--name", "vault", "--json");
  const events = child.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const [{ id: annaId } = {}] = await anna.json("id");
  expect(events).toMatchObject([
    { event: "joined", name: "vault", role: "vault", dir: vault.dir },
    { event: "ready", name: "vault", id: events[0].id },
    { event: "synced", peer: annaId, name: "anna", keys: 0, entries: 1 },
  ]);
  const other = await (await freshNode("other")).joinAndRun(
    await anna.invite("--role", "vault"),
    "--name",
    "other",
  );
  expect(other.stdout).toMatch(/\nin sync with anna: 1 version\n$/);
});

test("Ctrl-C while the node that invited is dialled leaves nothing, and the ticket good", async () => {
  const anna = await startAnna();
  const { port, dialled } = await silentPort();
  // The first address is tried first, and nothing ever answers there.
  const ticket = await anna.invite("--address", `/ip4/127.0.0.1/tcp/${port}`);
  const berta = await freshNode("berta");
  const child = startGstore(["join", "-", "--dir", berta.dir, "--listen", "127.0.0.1:0"]);
  child.process.stdin.end(ticket);
  await dialled;
  child.kill("SIGINT");
  expect([(await child.ended).code, child.stdout, child.stderr]).toEqual([130, "", ""]);
  await expectNothing(berta);
  expect((await anna.json("invites")).length).toBe(1);
});

test("Ctrl-C at the question for the ticket leaves nothing", async () => {
  const berta = await freshNode("berta");
  const typist = new Typist(["join", "--dir", berta.dir]);
  await typist.sees("Ticket: ");
  typist.press("gstore\u0003");
  expect((await typist.child.ended).code).toBe(130);
  await expectNothing(berta);
});

test("a node that joined and can't run says so, and how it is started", async () => {
  const anna = await startAnna();
  const { port } = await silentPort();
  const berta = await freshNode("berta");
  const input = Buffer.from(await anna.invite());
  const taken = await berta.run(["join", "-", "--name", "berta", "--listen", `127.0.0.1:${port}`], { input });
  expect([taken.code, taken.stdout]).toEqual([1, expect.stringMatching(/^joined /)]);
  expect(taken.stderr).toMatch(new RegExp(`has joined, but does not run.*gstore --dir ${berta.dir} up`));
  expect(taken.stderr).toMatch(/in use/);
  await berta.up();
  await berta.connectedTo("anna");
});

test("what join could not use is told before the ticket is", async () => {
  const anna = await startAnna();
  const berta = await freshNode("berta");
  const ticket = await anna.invite();
  const input = Buffer.from(ticket);
  const address = await berta.run(["join", "-", "--listen", "nowhere"], { input });
  expect([address.code, address.stderr]).toEqual([2, expect.stringMatching(/no address to listen at/)]);
  const name = await berta.run(["join", "-", "--name", "a/b"], { input });
  expect(name.code).toBe(2);
  await expectNothing(berta);
  expect((await anna.json("invites")).length).toBe(1);
});

test("up on a terminal without a node asks once: Enter makes a network", async () => {
  const anna = await freshNode("anna");
  const typist = new Typist(["up", "--dir", anna.dir, "--listen", "127.0.0.1:0"]);
  await typist.answers("or paste a ticket to join one (it stays unseen): ", "");
  await waitFor("it is ready", () => typist.child.stdout.startsWith("ready "));
  expect((await anna.json("members")).length).toBe(1);
  expect(typist.child.stderr.match(/paste a ticket/g)).toHaveLength(1);
  typist.child.kill("SIGINT");
  expect((await typist.child.ended).code).toBe(0);
  const again = new Typist(["up", "--dir", anna.dir, "--listen", "127.0.0.1:0"]);
  await waitFor("it is ready without a question", () => again.child.stdout.startsWith("ready "));
  expect(again.child.stderr).toBe("");
});

test("up on a terminal without a node takes a ticket, unseen, and goes on", async () => {
  const anna = await startAnna("a");
  const ticket = await anna.invite();
  const berta = await freshNode("berta");
  const typist = new Typist(["up", "--dir", berta.dir, "--listen", "127.0.0.1:0"]);
  await typist.answers("(it stays unseen): ", ` ${ticket} `);
  await waitFor("it is in sync", () => typist.child.stdout.includes("in sync with anna: 1 key\n"));
  expect(typist.child.stdout).toMatch(/^joined .*\nname .*\nid .*\nnetwork .*\nrole .*\nready /);
  expect(typist.child.stdout + typist.child.stderr).not.toContain(ticket.slice(0, 20));
  expect(await berta.done("cat", "a")).toBe("content of a");
});

test("Ctrl-C, Ctrl-D and nonsense at that question leave nothing", async () => {
  const anna = await freshNode("anna");
  for (const [keys, code] of [
    ["\u0003", 130],
    ["\u0004", 2],
    ["gstorenonsense\r", 2],
  ] as const) {
    const typist = new Typist(["up", "--dir", anna.dir, "--listen", "127.0.0.1:0"]);
    await typist.sees("(it stays unseen): ");
    typist.press(keys);
    expect([keys, (await typist.child.ended).code]).toEqual([keys, code]);
    expect(typist.child.stderr).not.toContain("nonsense");
  }
  await expectNothing(anna);
});
