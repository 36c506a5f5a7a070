import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createNode, type GstoreNode, initNode, joinNetwork } from "../src/index.ts";
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
