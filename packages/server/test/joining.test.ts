import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeTicket, encodeTicket } from "@gstore/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createNode, type GstoreNode, initNode, joinNetwork, readNodeId } from "../src/index.ts";
import { codeOf } from "./support/waiting.ts";

/** As many as one address may have answered at once, see the limits of @gstore/p2p. */
const RACING = 8;

let dir: string;
let node: GstoreNode;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "gstore-joining-"));
  await initNode({ dir: join(dir, "anna"), name: "anna" });
  node = await createNode({ dir: join(dir, "anna"), listen: ["127.0.0.1:0"] });
  await node.start();
});

afterEach(async () => {
  await node.stop();
  await rm(dir, { recursive: true, force: true });
});

const joinAs = (name: string, ticket: string) => joinNetwork({ dir: join(dir, name), ticket, name });

test("of many that redeem a ticket for one at once, exactly one is let in", { timeout: 60_000 }, async () => {
  const { ticket } = await node.invite();
  const names = Array.from({ length: RACING }, (_, index) => `node-${index}`);
  const codes = await Promise.all(names.map((name) => codeOf(joinAs(name, ticket))));
  expect(codes.filter((code) => code === "nothing")).toHaveLength(1);
  expect(codes.filter((code) => code === "REQUEST_REFUSED")).toHaveLength(RACING - 1);
  expect(node.members()).toHaveLength(2);
  expect(node.invites()).toHaveLength(0);
});

test("a ticket counts its uses down, and they stay used after a restart", { timeout: 60_000 }, async () => {
  const { ticket, id } = await node.invite({ uses: 2, role: "reader" });
  expect((await joinAs("one", ticket)).role).toBe("reader");
  await node.stop();
  node = await createNode({ dir: join(dir, "anna"), listen: ["127.0.0.1:0"] });
  await node.start();
  expect(node.invites()).toMatchObject([{ id, uses: 2, usesLeft: 1 }]);
  await node.withdrawInvite(id);
  expect(node.invites()).toHaveLength(0);
});

test("an edited ticket is refused before anything is dialled, and nothing is made", async () => {
  const { ticket } = await node.invite();
  const edited = ticket.slice(0, 40) + (ticket[40] === "a" ? "b" : "a") + ticket.slice(41);
  expect(await codeOf(joinAs("one", edited))).toBe("TICKET_INVALID");
  expect(await codeOf(joinAs("one", "gstorewhatever"))).toBe("TICKET_INVALID");
  expect((await joinAs("one", ticket)).network).toBe((await node.status()).network);
});

test("a ticket whose issuer is down is refused with who alone redeems it", { timeout: 60_000 }, async () => {
  const { ticket } = await node.invite();
  await node.stop();
  await expect(joinAs("one", ticket)).rejects.toThrow(/alone redeems it/);
});

/** Stands between newcomer and issuer; what the issuer answers passes `delayMs` later, as long as it lets it. */
async function startRelay(
  target: GstoreNode,
  options: { delayMs?: number; cutsAnswers?: () => boolean },
): Promise<{ address: string; close: () => Promise<void> }> {
  const port = Number(/\/tcp\/(\d+)/.exec(target.addresses()[0] ?? "")?.[1]);
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) socket.on("error", () => {});
    near.pipe(far);
    far.on("data", (data) =>
      setTimeout(() => {
        if (options.cutsAnswers?.()) near.destroy();
        else near.write(data);
      }, options.delayMs ?? 0),
    );
    near.on("close", () => far.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    address: `/ip4/127.0.0.1/tcp/${own}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A ticket that leads to the issuer by the relay alone: its own address is another network's. */
async function ticketVia(address: string): Promise<string> {
  const { ticket } = await node.invite();
  return encodeTicket({ ...decodeTicket(ticket), addresses: [address] });
}

test("a join that is cancelled before its ticket is sent leaves nothing, and the ticket unused", async () => {
  const { ticket } = await node.invite();
  const gone = createServer(() => {});
  await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
  const { port } = gone.address() as AddressInfo;
  const silent = encodeTicket({ ...decodeTicket(ticket), addresses: [`/ip4/127.0.0.1/tcp/${port}`] });
  const folder = join(dir, "deep", "one");
  const cancel = new AbortController();
  const joining = joinNetwork({ dir: folder, ticket: silent, name: "one", signal: cancel.signal });
  setTimeout(() => cancel.abort(), 100);
  expect(await codeOf(joining)).toBe("ABORTED");
  await expect(stat(join(dir, "deep"))).rejects.toMatchObject({ code: "ENOENT" });
  expect(node.invites()).toHaveLength(1);
  gone.close();
});

test("a join that is cancelled after its ticket was sent still makes the node", {
  timeout: 60_000,
}, async () => {
  const relay = await startRelay(node, { delayMs: 300 });
  const cancel = new AbortController();
  const ticket = await ticketVia(relay.address);
  const joining = joinNetwork({ dir: join(dir, "one"), ticket, name: "one", signal: cancel.signal });
  await vi.waitFor(() => expect(node.members()).toHaveLength(2), { interval: 10, timeout: 20_000 });
  cancel.abort();
  const { id } = await joining;
  expect((await readNodeId(join(dir, "one"))).id).toBe(id);
  await relay.close();
});

test("a newcomer that hears nothing keeps its identity, and is in when it is called again", {
  timeout: 60_000,
}, async () => {
  let cuts = true;
  const relay = await startRelay(node, { cutsAnswers: () => cuts && node.members().length === 2 });
  const ticket = await ticketVia(relay.address);
  await expect(joinAs("one", ticket)).rejects.toMatchObject({
    code: "CONNECTION_LOST",
    message: expect.stringContaining("the same command again"),
  });
  cuts = false;
  expect(await codeOf(joinAs("two", ticket))).toBe("REQUEST_REFUSED");
  const { id } = await joinAs("one", ticket);
  expect(node.members().map(({ peer }) => peer)).toContain(id);
  await relay.close();
});

test("a folder that can't be made is told before the ticket is used", async () => {
  const { ticket } = await node.invite();
  await writeFile(join(dir, "file"), "in the way");
  await expect(joinAs(join("file", "one"), ticket)).rejects.toThrow();
  expect(node.invites()).toHaveLength(1);
});

test("the key file of a newcomer goes under a passphrase", { timeout: 60_000 }, async () => {
  const { ticket } = await node.invite();
  const folder = join(dir, "one");
  const { id } = await joinNetwork({ dir: folder, ticket, name: "one", passphrase: "correct horse" });
  expect(await codeOf(readNodeId(folder))).toBe("PASSPHRASE_NEEDED");
  expect((await readNodeId(folder, { passphrase: "correct horse" })).id).toBe(id);
});

test("a newcomer is told when it has all that its inviter knows", { timeout: 60_000 }, async () => {
  for (const key of ["a", "b", "c"]) await node.store(key, key);
  const { ticket } = await node.invite();
  const { inviter, addresses } = await joinAs("one", ticket);
  expect(inviter).toBe(node.id);
  const one = await createNode({ dir: join(dir, "one"), listen: ["127.0.0.1:0"], bootstrap: addresses });
  const synced = new Promise((resolve) => {
    one.on("synced", async (peer) => resolve([peer, (await one.status()).keys]));
  });
  await one.start();
  expect(await synced).toEqual([{ peer: node.id, name: "anna" }, 3]);
  await one.stop();
});
