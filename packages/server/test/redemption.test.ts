import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeTicket, GstoreError } from "@gstore/core";
import { generateIdentity, inviteKeys, type NodeIdentity } from "@gstore/crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Invites } from "../src/membership/invites.ts";
import { encodeRedemption, redeem } from "../src/membership/redemption.ts";
import { invite } from "../src/operations/members.ts";
import { syncedFile } from "../src/synced-file.ts";
import { TestNetwork, type TestNode } from "./support/test-network.ts";
import { codeOf } from "./support/waiting.ts";

const BINDING = new Uint8Array(32).fill(7);
const DAY_MS = 86_400_000;

let network: TestNetwork;
let a: TestNode;
let dir: string;
let invites: Invites;
let berta: NodeIdentity;
let clara: NodeIdentity;

beforeEach(async () => {
  network = new TestNetwork();
  a = await network.node("a");
  dir = await mkdtemp(join(tmpdir(), "gstore-redemption-"));
  berta = generateIdentity(network.random);
  clara = generateIdentity(network.random);
  await restart();
});
afterEach(async () => {
  await network.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Reads the invitations from disk, as a node that starts does. */
async function restart(): Promise<void> {
  invites = await Invites.open(syncedFile(join(dir, "invites.json")), network.clock);
}

async function ticketFor(uses: number, lifetimeMs = DAY_MS): Promise<Uint8Array> {
  const { ticket } = await invite({ ...a.parts, invites }, { uses, lifetimeMs });
  return decodeTicket(ticket).secret;
}

async function redeemAs(identity: NodeIdentity, secret: Uint8Array, name: string): Promise<Uint8Array> {
  const newcomer = { agreementKey: identity.agreementPublicKey, name };
  const message = encodeRedemption(inviteKeys(secret, network.log.root.networkId), BINDING, newcomer);
  return await redeem({ ...a.parts, invites }, identity.peerId, message, BINDING);
}

test("one node takes one use, however often it asks, before and after a restart of the issuer", async () => {
  const secret = await ticketFor(2);
  const answer = await redeemAs(berta, secret, "berta");
  expect(await redeemAs(berta, secret, "berta")).toEqual(answer);
  await restart();
  expect(await redeemAs(berta, secret, "berta")).toEqual(answer);
  expect(invites.list()).toMatchObject([{ uses: 2, usesLeft: 1 }]);
  await redeemAs(clara, secret, "clara");
  expect(invites.list()).toEqual([]);
  expect((await redeemAs(berta, secret, "berta")).length).toBeGreaterThan(answer.length);
  expect(await codeOf(redeemAs(generateIdentity(network.random), secret, "dora"))).toBe("REQUEST_REFUSED");
});

test("one node that asks several times at once takes one use", async () => {
  const secret = await ticketFor(3);
  await Promise.all([1, 2, 3].map(() => redeemAs(berta, secret, "berta")));
  expect(invites.list()).toMatchObject([{ usesLeft: 2 }]);
});

test("a use that was counted before the issuer failed admits that node, and no other, later", async () => {
  const secret = await ticketFor(1);
  const id = Buffer.from(inviteKeys(secret, network.log.root.networkId).id).toString("hex");
  await invites.use(id, berta.peerId);
  await restart();
  expect(await codeOf(redeemAs(clara, secret, "clara"))).toBe("REQUEST_REFUSED");
  await redeemAs(berta, secret, "berta");
  expect(a.parts.members.get(berta.peerId)?.name).toBe("berta");
});

test("with any bit turned, cut anywhere or said in another session a redemption is refused, and takes no use", async () => {
  const secret = await ticketFor(1);
  const newcomer = { agreementKey: berta.agreementPublicKey, name: "berta" };
  const message = encodeRedemption(inviteKeys(secret, network.log.root.networkId), BINDING, newcomer);
  const said = (changed: Uint8Array, binding: Uint8Array = BINDING) =>
    codeOf(redeem({ ...a.parts, invites }, berta.peerId, changed, binding));
  const malformed = ["INVALID_FORMAT", "UNSUPPORTED_VERSION", "INVALID_ARGUMENT"];
  for (let bit = 0; bit < message.length * 8; bit++) {
    const changed = Uint8Array.from(message);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(["REQUEST_REFUSED", ...malformed], `bit ${bit}`).toContain(await said(changed));
  }
  for (let length = 0; length < message.length; length++)
    expect(malformed, `${length} bytes`).toContain(await said(message.subarray(0, length)));
  expect(malformed).toContain(await said(Buffer.concat([message, Buffer.alloc(1)])));
  expect(await said(message, new Uint8Array(32).fill(8))).toBe("REQUEST_REFUSED");
  expect(a.parts.members.get(berta.peerId)).toBeUndefined();
  expect(invites.list()).toMatchObject([{ usesLeft: 1 }]);
  expect(await said(message)).toBe("nothing");
});

test("an issuer that fails behind the count does not refuse, and admits that node when it asks again", async () => {
  const secret = await ticketFor(1);
  const failing = {
    assertMayAdmit: () => {},
    admit: () => Promise.reject(new GstoreError("STORE_CLOSED", "The store is closed.")),
  } as unknown as TestNode["parts"]["administration"];
  const newcomer = { agreementKey: berta.agreementPublicKey, name: "berta" };
  const message = encodeRedemption(inviteKeys(secret, network.log.root.networkId), BINDING, newcomer);
  const parts = { ...a.parts, invites, administration: failing };
  await expect(redeem(parts, berta.peerId, message, BINDING)).rejects.toMatchObject({
    code: "TIMEOUT",
    retryable: true,
  });
  expect(invites.list()).toEqual([]);
  expect(await codeOf(redeemAs(clara, secret, "clara"))).toBe("REQUEST_REFUSED");
  await redeemAs(berta, secret, "berta");
  expect(a.parts.members.get(berta.peerId)?.name).toBe("berta");
});

test("who was removed is not let in again by the use it took", async () => {
  const secret = await ticketFor(3);
  await redeemAs(berta, secret, "berta");
  await a.node.removeMember("berta");
  expect(await codeOf(redeemAs(berta, secret, "berta"))).toBe("REQUEST_REFUSED");
  expect(a.parts.members.get(berta.peerId)).toBeUndefined();
});

test("a withdrawn ticket is refused to those too who took a use of it", async () => {
  const secret = await ticketFor(2);
  await redeemAs(berta, secret, "berta");
  await invites.withdraw(Buffer.from(inviteKeys(secret, network.log.root.networkId).id).toString("hex"));
  expect(await codeOf(redeemAs(berta, secret, "berta"))).toBe("REQUEST_REFUSED");
});

test("a name that is taken and a node that is a member already cost no use", async () => {
  const [first, second] = [await ticketFor(1), await ticketFor(1)];
  expect(await codeOf(redeemAs(berta, first, "a"))).toBe("REQUEST_REFUSED");
  expect(invites.list()).toMatchObject([{ usesLeft: 1 }, { usesLeft: 1 }]);
  await redeemAs(berta, first, "berta");
  expect(await codeOf(redeemAs(berta, second, "berta"))).toBe("REQUEST_REFUSED");
  expect(invites.list()).toMatchObject([{ usesLeft: 1 }]);
});

test("a use is remembered past the ticket's expiry, and forgotten after a week", async () => {
  const secret = await ticketFor(1);
  await redeemAs(berta, secret, "berta");
  network.clock.advance(2 * DAY_MS);
  await redeemAs(berta, secret, "berta");
  network.clock.advance(7 * DAY_MS);
  expect(await codeOf(redeemAs(berta, secret, "berta"))).toBe("REQUEST_REFUSED");
});

test("of more redemptions than a node remembers the latest are", async () => {
  const secret = await ticketFor(1000);
  const id = Buffer.from(inviteKeys(secret, network.log.root.networkId).id).toString("hex");
  const other = Buffer.from(inviteKeys(await ticketFor(10), network.log.root.networkId).id).toString("hex");
  const peers = Array.from({ length: 12 }, () => generateIdentity(network.random).peerId);
  const path = join(dir, "invites.json");
  const kept = JSON.parse(await readFile(path, "utf8"));
  const many = Array.from({ length: 1000 }, (_, index) => ({
    peer: peers[0],
    atMs: network.clock.now() + index,
  }));
  const changed = kept.invites.map((one: { id: string }) =>
    one.id === id ? { ...one, redeemed: many } : one,
  );
  await writeFile(path, JSON.stringify({ ...kept, invites: changed }));
  network.clock.advance(2000);
  await restart();
  for (const peer of peers.slice(1, 11)) await invites.use(other, peer);
  const { invites: now } = JSON.parse(await readFile(path, "utf8"));
  expect(now.map(({ redeemed }: { redeemed: unknown[] }) => redeemed.length)).toEqual([990, 10]);
});

test("an issuer that is no admin any more refuses before a use is taken", async () => {
  const secret = await ticketFor(1);
  const b = await network.node("b");
  await network.connect(a, b);
  await b.node.setRole("a", "writer");
  expect(await codeOf(redeemAs(berta, secret, "berta"))).toBe("REQUEST_REFUSED");
  expect(invites.list()).toMatchObject([{ usesLeft: 1 }]);
});
