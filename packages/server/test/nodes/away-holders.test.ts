import { GstoreError, type MemberDht, type PeerId } from "@gstore/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, withinClock } from "../support/waiting.ts";

const content = randomBytes(600_000);
let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let reached: PeerId[];

/** A file of which only b has the blobs, and a node that knows so and is not connected to it. */
beforeEach(async () => {
  network = new TestNetwork();
  a = await network.node("a");
  b = await network.node("b");
  await network.connect(a, b);
  await a.node.store("file", content, { wait: "all" });
  const digests = [];
  for await (const { digest } of a.disk.blobs.list()) digests.push(digest);
  await a.disk.blobs.delete(digests);
  network.hub.disconnect(a.id, b.id);
  reached = [];
});
afterEach(() => network.stop());

function withDht(reach: (peer: PeerId) => Promise<void>): void {
  const dht: Partial<MemberDht> = {
    async reach(peer) {
      reached.push(peer);
      await reach(peer);
    },
  };
  Object.assign(a.network, { dht });
}

const read = () => withinClock(network.clock, codeOf(readAll(a.node, "file")), { maxMs: 60_000 });

test("a file is fetched from a holder that is connected to for it", async () => {
  withDht(async (peer) => void (await network.hub.connect(a.id, peer)));
  expect((await withinClock(network.clock, readAll(a.node, "file"), { maxMs: 60_000 })).value).toEqual(
    content,
  );
  expect(new Set(reached)).toEqual(new Set([b.id]));
});

test("a holder that can't be reached is not tried for every blob and every read", async () => {
  withDht(async () => {
    throw new GstoreError("PEER_UNREACHABLE", "It is away.");
  });
  expect((await read()).value).toBe("NO_HOLDER_REACHABLE");
  expect((await read()).value).toBe("NO_HOLDER_REACHABLE");
  expect(reached).toEqual([b.id]);
});

test("one that takes for ever to connect to holds a read up for ten seconds", async () => {
  withDht(() => new Promise(() => {}));
  const { value, tookMs } = await read();
  expect(value).toBe("NO_HOLDER_REACHABLE");
  expect(tookMs).toBeLessThan(25_000);
});
