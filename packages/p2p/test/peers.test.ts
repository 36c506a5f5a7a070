import {
  GstoreError,
  isGstoreError,
  type PeerNetwork,
  PING_INTERVAL_MS,
  PING_TIMEOUT_MS,
  systemClock,
  systemRandom,
} from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { expect, test } from "vitest";
import { Libp2pPeerNetwork } from "../src/libp2p-peer-network.ts";
import { type PeerNetworkLogger, silentLogger } from "../src/logger.ts";
import { BlackHole } from "./black-hole.ts";
import { ManualClock, until } from "./manual-clock.ts";
import {
  certificateOf,
  echoBulk,
  rejectionOf,
  sharedSecrets,
  startNode,
  startPair,
  type TestNode,
} from "./network-fixture.ts";

test("two nodes that dial each other at once count as one peer each, and one connection stays", async () => {
  const clock = new ManualClock();
  const [a, b] = await Promise.all([startNode({ clock }), startNode({ clock })]);
  await Promise.all([a.network.connect(b.address()), b.network.connect(a.address())]);
  await Promise.all([a, b].map((node) => node.until(() => node.network.peers().length === 1)));
  await a.network.request(b.identity.peerId, "entries", new Uint8Array(1));
  await b.network.request(a.identity.peerId, "entries", new Uint8Array(1));
  for (let second = 0; second < 10; second++) {
    clock.advance(1000);
    await a.network.request(b.identity.peerId, "entries", new Uint8Array(1));
    await b.network.request(a.identity.peerId, "entries", new Uint8Array(1));
  }
  const [ofA] = a.network.peers();
  const [ofB] = b.network.peers();
  expect([ofA?.direction, ofB?.direction].sort()).toEqual(["inbound", "outbound"]);
  // The smaller PeerId's own dial is the one that stays.
  expect(ofA?.direction).toBe(a.identity.peerId < b.identity.peerId ? "outbound" : "inbound");
  expect(a.events).toEqual([`connected ${b.identity.peerId}`]);
  expect(b.events).toEqual([`connected ${a.identity.peerId}`]);
});

test("connecting again to a connected peer resolves without another connection", async () => {
  const [a, b] = await startPair();
  expect(await a.network.connect(b.address())).toBe(b.identity.peerId);
  expect(b.events).toHaveLength(1);
});

test("an address without a PeerId connects to whoever is there, once", async () => {
  const [a, b] = [await startNode(), await startNode()];
  const short = b.address().replace(/^\/ip4\/(.*)\/tcp\/(\d+)\/p2p\/.*$/, "$1:$2");
  expect(await a.network.connect(short)).toBe(b.identity.peerId);
  expect(await a.network.connect(short)).toBe(b.identity.peerId);
  expect(a.events).toEqual([`connected ${b.identity.peerId}`]);
});

test("disconnect closes all sockets of the peer, bulk ones too, and is told once on each side", async () => {
  const [a, b] = await startPair();
  const channel = await a.network.openBulk(b.identity.peerId);
  await channel.send(new Uint8Array(1));
  expect(await channel.receive()).toHaveLength(1);
  const receiving = rejectionOf(channel.receive());
  await b.network.disconnect(a.identity.peerId);
  expect(await receiving).toMatchObject({ code: "CONNECTION_LOST" });
  await a.until(() => a.network.peers().length === 0);
  expect(a.events).toEqual([`connected ${b.identity.peerId}`, `disconnected ${b.identity.peerId}`]);
  expect(b.events).toEqual([`connected ${a.identity.peerId}`, `disconnected ${a.identity.peerId}`]);
});

test("a node does not connect to itself, whether the address says so or not", async () => {
  const a = await startNode();
  const short = a.address().replace(/\/p2p\/.*$/, "");
  for (const address of [a.address(), short]) {
    expect(isGstoreError(await rejectionOf(a.network.connect(address)), "INVALID_ARGUMENT")).toBe(true);
    a.network.keepConnected(address);
  }
  expect(a.events).toEqual([]);
});

test("where nobody listens the error says address, reason and what to do", async () => {
  const a = await startNode();
  const gone = await startNode();
  const address = gone.address();
  await gone.stop();
  const error = (await rejectionOf(a.network.connect(address))) as GstoreError;
  expect(error).toMatchObject({
    code: "PEER_UNREACHABLE",
    retryable: true,
    fields: { address, systemCode: "ECONNREFUSED" },
  });
  expect(error.message).toContain(address);
  expect(isGstoreError(await rejectionOf(a.network.connect("nonsense")), "INVALID_ARGUMENT")).toBe(true);
});

test("a taken port is ADDRESS_IN_USE", async () => {
  const a = await startNode();
  const error = await rejectionOf(startNode({ listen: [a.address().replace(/\/p2p\/.*$/, "")] }));
  expect(isGstoreError(error, "ADDRESS_IN_USE")).toBe(true);
});

test("a connection is kept: made when the peer appears, and again when it comes back on the same port", async () => {
  const identity = generateIdentity();
  let b = await startNode({ identity });
  const { port } = new URL(b.address().replace(/^\/ip4\/(.*)\/tcp\/(\d+)\/.*$/, "http://$1:$2"));
  const listen = [`127.0.0.1:${port}`];
  await b.stop();
  const a = await startNode({ bootstrap: listen });
  for (let round = 0; round < 2; round++) {
    b = await startNode({ identity, listen });
    await a.until(() => a.network.peers().length === 1);
    await b.stop();
    await a.until(() => a.network.peers().length === 0);
  }
  expect(a.events.filter((event) => event.startsWith("connected"))).toHaveLength(2);
});

test("after a disconnect the kept connection comes back, and nobody dials in a tight loop", async () => {
  const clock = new ManualClock();
  const b = await startNode();
  const a = await startNode({ clock, bootstrap: [b.address()] });
  await a.until(() => a.network.peers().length === 1);
  await b.network.disconnect(a.identity.peerId);
  await a.until(() => a.network.peers().length === 0);
  expect(a.events).toHaveLength(2);
  await until(() => {
    clock.advance(10);
    return a.network.peers().length === 1;
  });
  expect(clock.monotonic()).toBeGreaterThan(100);
});

test("a peer that answers nothing any more is disconnected within ten seconds", async () => {
  const clock = new ManualClock();
  const b = await startNode();
  const hole = await BlackHole.before(b.address());
  const a = await startNode({ clock });
  await a.network.connect(hole.address);
  await until(() => a.network.peers()[0]?.roundTripMs !== null);
  await a.network.request(b.identity.peerId, "entries", new Uint8Array(1));
  hole.swallow();
  const pending = rejectionOf(a.network.request(b.identity.peerId, "entries", new Uint8Array(1)));
  clock.advance(PING_INTERVAL_MS);
  clock.advance(PING_TIMEOUT_MS);
  expect(PING_INTERVAL_MS + PING_TIMEOUT_MS).toBeLessThan(10_000);
  expect(await pending).toMatchObject({ code: "CONNECTION_LOST" });
  await a.until(() => a.network.peers().length === 0);
  hole.close();
});

test("a peer that answers is kept, for as long as one likes", async () => {
  const clock = new ManualClock();
  const [a, b] = await startPair({ clock });
  for (let round = 0; round < 20; round++) {
    const before = a.network.peers()[0]?.bytesReceived ?? 0;
    await until(() => a.network.peers()[0]?.roundTripMs !== null);
    clock.advance(PING_INTERVAL_MS);
    await until(() => (a.network.peers()[0]?.bytesReceived ?? 0) > before);
  }
  expect(b.events).toEqual([`connected ${a.identity.peerId}`]);
});

test("more connections than allowed are refused as TOO_BUSY, and the log says how many that is", async () => {
  const warnings: string[] = [];
  const warn = (fields: object): void =>
    void warnings.push(String((fields as { error: Error }).error.message));
  const b = limited({ links: 2 }, { ...silentLogger, warn });
  await b.start({
    request: async (_f, _p, m) => m,
    bulk: echoBulk,
    admit() {},
    connected() {},
    disconnected() {},
  });
  const address = b.addresses()[0] as string;
  const nodes: TestNode[] = [];
  for (let i = 0; i < 3; i++) nodes.push(await startNode());
  await nodes[0]?.network.connect(address);
  await nodes[1]?.network.connect(address);
  const error = await rejectionOf((nodes[2] as TestNode).network.connect(address));
  expect(error).toMatchObject({ code: "TOO_BUSY", retryable: true });
  expect(warnings).toEqual([expect.stringContaining("has 2 connections of members,")]);
  await nodes[0]?.stop();
  await until(() => b.peers().length === 1);
  await nodes[2]?.network.connect(address);
  await b.stop();
});

test("more connections of one address than allowed are refused as TOO_BUSY", async () => {
  const b = limited({ linksPerAddress: 2 });
  await b.start({
    request: async (_f, _p, m) => m,
    bulk: echoBulk,
    admit() {},
    connected() {},
    disconnected() {},
  });
  const address = b.addresses()[0] as string;
  const nodes = await Promise.all([startNode(), startNode(), startNode()]);
  await nodes[0]?.network.connect(address);
  await nodes[1]?.network.connect(address);
  const error = await rejectionOf((nodes[2] as TestNode).network.connect(address));
  expect(error).toMatchObject({ code: "TOO_BUSY", retryable: true });
  await nodes[0]?.stop();
  await until(() => b.peers().length === 1);
  await nodes[2]?.network.connect(address);
  await b.stop();
});

test("a peer that is removed in the turn after it was admitted is disconnected", async () => {
  const b: TestNode = await startNode({
    admit: (peer) => queueMicrotask(() => void b.network.disconnect(peer)),
  });
  const a = await startNode();
  await a.network.connect(b.address()).catch(() => {});
  await a.until(() => a.network.peers().length === 0);
  await expect.poll(() => b.network.peers().length).toBe(0);
});

test("the handler's refusal of a member is told, and keeps it out", async () => {
  const b = await startNode({
    admit: () => {
      throw new GstoreError("NOT_A_MEMBER", "It was removed.");
    },
  });
  const a = await startNode();
  const error = await rejectionOf(a.network.connect(b.address()));
  expect(isGstoreError(error, "NOT_A_MEMBER")).toBe(true);
  expect([...a.events, ...b.events]).toEqual([]);
});

test("bytes are counted per peer, bulk and closed connections included", async () => {
  const [a, b] = await startPair();
  const channel = await a.network.openBulk(b.identity.peerId);
  await channel.send(new Uint8Array(100_000));
  await channel.end();
  while ((await channel.receive()) !== null);
  for (const node of [a, b]) {
    expect(node.network.peers()[0]?.bytesSent).toBeGreaterThan(100_000);
    expect(node.network.peers()[0]?.bytesReceived).toBeGreaterThan(100_000);
  }
});

test("stop ends with peers, strangers and transfers around, twice over, and frees the port", async () => {
  const [a, b] = await startPair({}, { bulk: () => new Promise(() => {}) });
  await a.network.openBulk(b.identity.peerId).then((channel) => channel.send(new Uint8Array(10)));
  const address = b.address();
  await Promise.all([b.stop(), b.stop(), a.stop()]);
  expect(b.network.addresses()).toEqual([]);
  expect(b.network.peers()).toEqual([]);
  const again = await startNode({ listen: [address.replace(/\/p2p\/.*$/, "")] });
  expect(again.network.addresses()).toHaveLength(1);
});

function limited(limits: object, logger: PeerNetworkLogger = silentLogger): PeerNetwork {
  const identity = generateIdentity();
  return new Libp2pPeerNetwork({
    identity,
    networkId: sharedSecrets.networkId,
    certificate: certificateOf(identity),
    listen: ["127.0.0.1:0"],
    bootstrap: [],
    clock: systemClock,
    random: systemRandom,
    logger,
    agent: "test",
    limits,
  });
}
