import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { decodeTicket, encodeTicket, networkIdOfRootKey, type PeerId, type Ticket } from "@gstore/core";
import { joinNetwork } from "@gstore/server";
import { afterAll, afterEach, expect, test } from "vitest";
import { gstore, startGstore } from "./support/gstore.ts";
import { HoldingRelay } from "./support/holding-relay.ts";
import { Lab } from "./support/lab.ts";
import type { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

const lab = Lab.forThisFile();
const [anna] = (await lab.init("anna")) as [TestNode];
await anna.up();
/** Another admin, whom the same tickets get to. */
const other = await lab.join("other", anna, { role: "admin" });
await lab.start([anna, other]);
const relay = await HoldingRelay.start();

afterEach(() => relay.release());
afterAll(() => relay.close());

let names = 0;

interface Joining {
  readonly code: string;
  readonly dir: string;
}

/** Redeems a ticket from this process; what stays without an answer, or is turned away by a busy node, is asked again, as the error says. */
async function redeemed(ticket: string, given?: string): Promise<Joining> {
  const dir = given ?? (await lab.path("newcomer"));
  const name = `newcomer-${names++}`;
  for (;;) {
    const code = await joinNetwork({ dir, ticket, name }).then(
      () => "let in",
      (error: { code?: string; message: string }) =>
        error.message.includes("too many connections") ? "TOO_BUSY" : (error.code ?? error.message),
    );
    if (code !== "CONNECTION_LOST" && code !== "TOO_BUSY") return { code, dir };
  }
}

const membersOf = async (node: TestNode): Promise<string[]> =>
  (await node.client.membership.members()).map(({ id }) => id).sort();

async function ticketByRelay(): Promise<string> {
  relay.port = anna.port;
  return (await anna.done(["invite", "--address", relay.address])).stdout.trim();
}

/** Whether all uses of all invitations are counted on the issuer's disk. */
async function isUsed(): Promise<boolean> {
  const { invites } = JSON.parse(await readFile(join(anna.dir, "invites.json"), "utf8"));
  return invites.every(({ usesLeft }: { usesLeft: number }) => usesLeft === 0);
}

const stdin = (ticket: string) => ({ input: Buffer.from(ticket) });

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

test("of 50 redemptions that race for one use exactly one is let in, and the others are told why not", async () => {
  const before = await membersOf(anna);
  const { ticket } = await anna.client.membership.invite({});
  const all = await Promise.all(Array.from({ length: 50 }, () => redeemed(ticket)));
  const codes = Map.groupBy(all, ({ code }) => code);
  const counts = [...codes].map(([code, some]) => [code, some.length]);
  expect(Object.fromEntries(counts)).toEqual({ "let in": 1, REQUEST_REFUSED: 49 });
  expect(await membersOf(anna)).toHaveLength(before.length + 1);
  const left = await Promise.all(all.map(({ dir }) => exists(dir)));
  expect(left.filter((is) => is)).toHaveLength(1);
});

test("a use that was counted when its issuer was killed is nobody else's afterwards", async () => {
  const before = await membersOf(anna);
  const ticket = await ticketByRelay();
  relay.hold();
  const racing = Array.from({ length: 6 }, () => redeemed(ticket));
  await waitFor("a use is counted", isUsed);
  await anna.kill();
  await anna.up();
  relay.port = anna.port;
  relay.release();
  const late = await redeemed(ticket);
  expect(late.code).toBe("REQUEST_REFUSED");
  const codes = Map.groupBy(await Promise.all(racing), ({ code }) => code);
  expect(codes.get("let in")).toHaveLength(1);
  expect(codes.get("REQUEST_REFUSED")).toHaveLength(5);
  expect(await membersOf(anna)).toHaveLength(before.length + 1);
});

test("a join that is killed once its use is counted is let in when it is run again, and nobody else is", async () => {
  const before = await membersOf(anna);
  const ticket = await ticketByRelay();
  const dir = await lab.path("killed");
  const args = (name: string) => ["join", "-", "--no-up", "--json", "--dir", dir, "--name", name];
  relay.hold();
  const child = startGstore(args("killed"));
  child.process.stdin.end(ticket);
  await waitFor("the use is counted", isUsed);
  child.kill("SIGKILL");
  await child.ended;
  relay.release();
  expect(await readdir(dir)).toEqual(["identity"]);
  await waitFor("it is admitted", async () => (await membersOf(anna)).length === before.length + 1);
  expect((await redeemed(ticket)).code).toBe("REQUEST_REFUSED");
  // It is in under the name it was admitted by.
  const again = await gstore(args("renamed"), stdin(ticket));
  expect([again.code, again.stderr]).toEqual([0, ""]);
  const joined = JSON.parse(again.stdout);
  const [admitted] = (await anna.client.membership.members()).filter(({ id }) => !before.includes(id));
  expect(joined).toMatchObject({ id: admitted?.id, name: "killed" });
  expect(await membersOf(anna)).toHaveLength(before.length + 1);
});

test("a ticket that was edited in any field is refused, makes nothing and takes no use", async () => {
  const before = await membersOf(anna);
  const { ticket, id } = await anna.client.membership.invite({ uses: 1 });
  const whole = decodeTicket(ticket);
  const [secretByte = 0, ...restOfSecret] = whole.secret;
  const edited: Record<string, [Partial<Ticket>, string]> = {
    network: [{ network: networkIdOfRootKey(new Uint8Array(32)) }, "REQUEST_REFUSED"],
    issuer: [{ issuer: other.id as PeerId }, "INVALID_ARGUMENT"],
    "issuer and addresses": [{ issuer: other.id as PeerId, addresses: [other.address] }, "REQUEST_REFUSED"],
    addresses: [{ addresses: [other.address.replace(/\/p2p\/.*/, "")] }, "PEER_UNREACHABLE"],
    secret: [{ secret: Uint8Array.of(secretByte ^ 1, ...restOfSecret) }, "REQUEST_REFUSED"],
    "a longer secret": [{ secret: Uint8Array.of(...whole.secret, 0) }, "REQUEST_REFUSED"],
    expires: [{ expiresMs: 1 }, "REQUEST_REFUSED"],
  };
  for (const [what, [change, code]] of Object.entries(edited)) {
    const joining = await redeemed(encodeTicket({ ...whole, ...change }));
    expect({ what, code: joining.code }).toEqual({ what, code });
    expect({ what, isMade: await exists(joining.dir) }).toEqual({ what, isMade: false });
    expect(await membersOf(anna)).toEqual(before);
  }
  expect(await anna.client.membership.invites()).toMatchObject([{ id, usesLeft: 1 }]);
  expect((await redeemed(ticket)).code).toBe("let in");
});

test("what expired or was withdrawn is so though the ticket says something else", async () => {
  const before = await membersOf(anna);
  const expiring = decodeTicket((await anna.client.membership.invite({ lifetime: "1ms" })).ticket);
  const withdrawn = await anna.client.membership.invite({});
  await anna.client.membership.withdrawInvite(withdrawn.id);
  for (const ticket of [
    encodeTicket({ ...expiring, expiresMs: null }),
    encodeTicket({ ...expiring, expiresMs: Date.now() + 3_600_000 }),
    withdrawn.ticket,
  ]) {
    expect((await redeemed(ticket)).code).toBe("REQUEST_REFUSED");
  }
  expect(await membersOf(anna)).toEqual(before);
});
