import { digestOf, GstoreError, type PeerId } from "@gstore/core";
import { createNetworkSecrets } from "@gstore/crypto";
import { expect, test } from "vitest";
import { rejectionOf } from "../network-fixture.ts";
import { startDhtNode } from "./dht-fixture.ts";
import { recordOf } from "./records.ts";

test("a member's new address is found with one that was told of it", async () => {
  const [a, b, c] = [await startDhtNode(), await startDhtNode(), await startDhtNode()];
  await a.network.connect(b.address());
  await c.network.connect(b.address());
  await b.until(() => b.network.peers().length === 2);
  await c.dht.refresh();
  expect(a.records.has(c.identity.peerId)).toBe(false);
  const found = await a.dht.findRecords(c.identity.peerId);
  expect(found).toContainEqual(c.records.get(c.identity.peerId));
  expect(a.records.get(c.identity.peerId)).toEqual(found[0]);
  await a.dht.reach(c.identity.peerId);
  expect(a.network.peers().map(({ peer }) => peer)).toContain(c.identity.peerId);

  const moved = recordOf(c.identity, ["/ip4/192.0.2.7/tcp/4000"], {
    sequence: 2,
    network: c.secrets.networkId,
  });
  c.records.set(c.identity.peerId, moved);
  await c.dht.refresh();
  expect(await a.dht.findRecords(c.identity.peerId)).toContainEqual(moved);
  expect(a.records.get(c.identity.peerId)).toEqual(moved);
});

test("holders of a blob are found by who is not connected to them", async () => {
  const [a, b, c] = [await startDhtNode(), await startDhtNode(), await startDhtNode()];
  await a.network.connect(b.address());
  await c.network.connect(b.address());
  const digest = digestOf(Buffer.from("a blob"));
  expect(await c.dht.tellHolding(digest)).toBeGreaterThan(0);
  expect(await a.dht.findHolders(digest)).toEqual([c.identity.peerId]);
  expect(await a.dht.findHolders(digestOf(Buffer.from("another")))).toEqual([]);
});

test("a lookup ends with its signal", async () => {
  const [a, b] = [await startDhtNode(), await startDhtNode()];
  await a.network.connect(b.address());
  const options = { signal: AbortSignal.abort() };
  expect(await rejectionOf(a.dht.findRecords(b.identity.peerId, options))).toMatchObject({ code: "ABORTED" });
});

test("a node on its own finds nothing, at once", async () => {
  const [a, b] = [await startDhtNode(), await startDhtNode()];
  expect(await a.dht.findRecords(b.identity.peerId)).toEqual([]);
  expect(await rejectionOf(a.dht.reach(b.identity.peerId))).toMatchObject({ code: "PEER_UNREACHABLE" });
});

test("who shows no certificate of a member never enters the table, and asks nothing", async () => {
  const a = await startDhtNode({
    admit: (peer) => {
      throw new GstoreError("NOT_A_MEMBER", `${peer} is none`);
    },
  });
  const [foreign, removed] = [await startDhtNode({ secrets: createNetworkSecrets() }), await startDhtNode()];
  for (const stranger of [foreign, removed]) {
    expect(await rejectionOf(stranger.network.connect(a.address()))).toMatchObject({ name: "GstoreError" });
    expect(await rejectionOf(a.network.connect(stranger.address()))).toMatchObject({ name: "GstoreError" });
    expect(await stranger.dht.findRecords(a.identity.peerId)).toEqual([]);
  }
  expect(a.dht.status()).toMatchObject({ members: 0, asked: 0, answered: 0 });
});

test("who is connected and no member any more leaves the DHT at once", async () => {
  const left = new Set<PeerId>();
  const a = await startDhtNode({ isMember: (peer) => !left.has(peer) });
  const b = await startDhtNode();
  left.add(b.identity.peerId);
  await b.network.connect(a.address());
  await a.until(() => a.network.peers().length === 1);
  expect(await b.dht.findRecords(a.identity.peerId)).toEqual([]);
  expect(a.dht.status().members).toBe(0);
  expect(a.dht.status().refused.stranger).toBeGreaterThan(0);
});
