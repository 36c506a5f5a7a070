import { GstoreError, type PeerId } from "@gstore/core";
import { encodeTellTimeAnswer } from "@gstore/p2p";
import { ManualClock } from "@gstore/testing";
import { beforeEach, expect, test } from "vitest";
import { PeerClocks } from "../../src/collection/peer-clocks.ts";

const HOUR_MS = 3_600_000;
const [anna, berta, carol] = ["anna", "berta", "carol"] as unknown as [PeerId, PeerId, PeerId];

let clock: ManualClock;
/** What this node's wall clock is ahead by, and what the others are, or what they answer instead. */
let aheadMs: number;
let others: Map<PeerId, number | Error>;
let takesMs: number;
let members: Set<PeerId>;
let clocks: PeerClocks;

beforeEach(() => {
  clock = new ManualClock();
  [aheadMs, takesMs] = [0, 0];
  others = new Map();
  members = new Set([anna, berta, carol]);
  clocks = new PeerClocks({
    clock: { now: () => clock.now() + aheadMs, monotonic: () => clock.monotonic(), after: () => () => {} },
    members: { get: (peer) => (members.has(peer) ? ({} as never) : undefined) },
    network: {
      self: "me" as PeerId,
      peers: () => [...others.keys()].map((peer) => ({ peer }) as never),
      request: async (peer) => {
        clock.advance(takesMs);
        const answer = others.get(peer) ?? 0;
        if (answer instanceof Error) throw answer;
        return encodeTellTimeAnswer(clock.now() + answer);
      },
    },
  });
});

test("what members told before this clock was set says nothing of it; they are asked again", async () => {
  others.set(anna, 0);
  await clocks.askAll();
  aheadMs = HOUR_MS;
  expect([clocks.apart(), clocks.isBorneOut()]).toEqual([[], true]);
  await clocks.askAll();
  expect([clocks.apart(), clocks.isBorneOut()]).toEqual([[{ peer: anna, aheadMs: HOUR_MS }], false]);
  aheadMs = 0;
  expect(clocks.isBorneOut()).toBe(true);
});

test("an answer that took too long, or that is none, is not listened to", async () => {
  others.set(anna, new GstoreError("UNSUPPORTED_VERSION", "An older gstore."));
  await clocks.askAll();
  takesMs = 20_000;
  others.set(anna, HOUR_MS);
  await clocks.askAll();
  expect(clocks.isBorneOut()).toBe(true);
  takesMs = 4000;
  await clocks.askAll();
  expect(clocks.apart()).toEqual([{ peer: anna, aheadMs: -HOUR_MS - 2000 }]);
});

test("most clocks have to bear it out, its own among them; who is no member has no say", async () => {
  others.set(anna, HOUR_MS).set(berta, 60_000);
  await clocks.askAll();
  expect(clocks.isBorneOut()).toBe(true);
  others.set(carol, -HOUR_MS);
  await clocks.askAll();
  expect(clocks.isBorneOut()).toBe(false);
  members.delete(anna);
  expect(clocks.isBorneOut()).toBe(true);
});
