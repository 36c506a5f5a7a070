import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createNode, type GstoreNode, initNode, joinNetwork } from "../src/index.ts";
import { LossyRelay } from "./support/lossy-relay.ts";
import { codeOf } from "./support/waiting.ts";

vi.setConfig({ testTimeout: 60_000 });

let dir: string;
let anna: GstoreNode;
let relay: LossyRelay;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "gstore-joining-"));
  await initNode({ dir: join(dir, "anna"), name: "anna" });
  await startAnna();
});

afterEach(async () => {
  try {
    await relay.close();
  } finally {
    await anna.stop();
    await rm(dir, { recursive: true, force: true });
  }
});

async function startAnna(): Promise<void> {
  anna = await createNode({ dir: join(dir, "anna"), listen: ["127.0.0.1:0"] });
  await anna.start();
  const port = Number(/\/tcp\/(\d+)/.exec(anna.addresses()[0] as string)?.[1]);
  portOfAnna = () => port;
}

async function stopAnna(): Promise<void> {
  portOfAnna = () => null;
  await anna.stop();
}

/** Where anna listens; null while it is down. */
let portOfAnna: () => number | null;

/** A ticket that leads to anna through the relay alone. */
async function ticketByRelay(uses: number): Promise<string> {
  const addresses = Array.from({ length: 8 }, () => relay.address);
  return (await anna.invite({ uses, addresses })).ticket;
}

const joinAs = (name: string, ticket: string) => joinNetwork({ dir: join(dir, name), ticket, name });

test("a newcomer whose answers get lost asks again and is let in, by one use", async () => {
  relay = await LossyRelay.to(() => portOfAnna(), 10);
  const ticket = await ticketByRelay(2);
  let losses = 0;
  relay.onLoss = async () => {
    losses++;
    await vi.waitFor(() => expect(anna.invites()[0]?.usesLeft).toBe(1));
  };
  expect((await joinAs("berta", ticket)).role).toBe("writer");
  expect(losses).toBe(10);
  expect(anna.invites()[0]?.usesLeft).toBe(1);
  expect(anna.members().map(({ name }) => name)).toEqual(["anna", "berta"]);
  expect((await joinAs("clara", ticket)).role).toBe("writer");
  expect(await codeOf(joinAs("dora", ticket))).toBe("REQUEST_REFUSED");
});

test("also by the last use, and where the issuer restarts in between", async () => {
  relay = await LossyRelay.to(() => portOfAnna(), 1);
  const ticket = await ticketByRelay(1);
  relay.onLoss = async () => {
    await vi.waitFor(() => expect(anna.invites()).toEqual([]));
    await stopAnna();
    await startAnna();
  };
  const berta = await joinAs("berta", ticket);
  expect(anna.members().map(({ peer }) => peer)).toContain(berta.id);
  expect(await codeOf(joinAs("clara", ticket))).toBe("REQUEST_REFUSED");
});
