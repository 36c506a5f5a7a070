import type { BulkChannel, PeerId } from "@gstore/core";
import { createNetworkSecrets } from "@gstore/crypto";
import { expect, test, vi } from "vitest";
import { decodeRelayAnswer, encodeRelayOpen } from "../src/relay/relay-messages.ts";
import { readFrameOf, StreamDuplex, writeFrame } from "../src/relay/stream-duplex.ts";
import { startHostileMember } from "./hostile-member.ts";
import { rejectionOf, startNode, type TestNode, type TestNodeOptions } from "./network-fixture.ts";

/** Waits for something that no event tells of. */
const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 30_000, interval: 20 });

/** A relay, one that listens nowhere and has a place there, and one that is connected to the relay. */
async function startThree(
  given: { relay?: TestNodeOptions; hidden?: TestNodeOptions } = {},
): Promise<[TestNode, TestNode, TestNode, string]> {
  const [relay, hidden, other] = await Promise.all([
    startNode({ relay: "on", ...given.relay }),
    startNode({ listen: [], ...given.hidden }),
    startNode(),
  ]);
  await Promise.all([hidden, other].map((node) => node.network.connect(relay.address())));
  await until(() => hidden.network.addresses().length > 0);
  return [relay, hidden, other, hidden.network.addresses()[0] as string];
}

const connectionTo = (from: TestNode, to: TestNode) =>
  from.network.peers().find(({ peer }) => peer === to.network.self);
const state = (node: TestNode) => node.network.reachability?.();

async function echoed(channel: BulkChannel, frame: Uint8Array): Promise<Uint8Array | null> {
  const [answer] = await Promise.all([channel.receive(), channel.send(frame)]);
  await channel.end();
  await channel.receive();
  return answer;
}

test("a node that listens nowhere is reached through a relay, by requests and bulk transfers both ways", async () => {
  const [relay, hidden, other, address] = await startThree();
  expect(address).toBe(`/p2p/${relay.network.self}/p2p-circuit/p2p/${hidden.network.self}`);
  expect(await other.network.connect(address)).toBe(hidden.network.self);
  await hidden.until(() => connectionTo(hidden, other) !== undefined);
  expect(connectionTo(other, hidden)?.address).toBe(address);
  for (const [from, to] of [
    [other, hidden],
    [hidden, other],
  ] as const) {
    const message = Buffer.from("hello");
    expect(await from.network.request(to.network.self, "blobs", message)).toEqual(new Uint8Array(message));
    const frame = Buffer.alloc(4 * 1024 * 1024, from.network.self.slice(-8));
    const channel = await from.network.openBulk(to.network.self);
    expect(frame.equals((await echoed(channel, frame)) as Uint8Array)).toBe(true);
  }
  expect(state(relay)).toMatchObject({ relayed: 3, places: 1 });
  await other.network.disconnect(hidden.network.self);
  await until(() => state(relay)?.relayed === 0);
});

test("a long transfer through a relay is slowed down by who takes it, and not cut off", {
  timeout: 60_000,
}, async () => {
  let received = 0;
  const bulk = async (_from: PeerId, channel: BulkChannel): Promise<void> => {
    for (let frame = await channel.receive(); frame !== null; frame = await channel.receive())
      received += frame.length;
    await channel.end();
  };
  const [, hidden, other, address] = await startThree({ hidden: { bulk } });
  await other.network.connect(address);
  const channel = await other.network.openBulk(hidden.network.self);
  const frame = Buffer.alloc(1024 * 1024, 7);
  for (let count = 0; count < 48; count++) await channel.send(frame);
  await channel.end();
  await channel.receive();
  expect(received).toBe(48 * frame.length);
});

test("the connection by a relay is gone with the relay, and the address too", async () => {
  const [relay, hidden, other, address] = await startThree();
  await other.network.connect(address);
  await relay.stop();
  await until(() => other.network.peers().length === 0 && hidden.network.peers().length === 0);
  expect(hidden.network.addresses()).toEqual([]);
  expect(await rejectionOf(other.network.connect(address))).toMatchObject({ code: "PEER_UNREACHABLE" });
});

test("a direct connection is made beside one by a relay, and is the one in use", async () => {
  const [relay, hidden, other, address] = await startThree();
  await other.network.connect(address);
  await hidden.until(() => connectionTo(hidden, other) !== undefined);
  await hidden.network.connect(other.address());
  expect(connectionTo(hidden, other)?.address).not.toContain("p2p-circuit");
  await until(() => !connectionTo(other, hidden)?.address.includes("p2p-circuit"));
  // The relayed one is of no use any more, and closed once it is idle.
  await until(() => state(relay)?.relayed === 0);
  expect(connectionTo(other, hidden)).toBeDefined();
});

test("transfers go the direct way once there is one, though there is a connection by a relay left over", async () => {
  const [relay, hidden, other, address] = await startThree();
  await other.network.connect(address);
  await echoed(await other.network.openBulk(hidden.network.self), Buffer.alloc(16));
  await hidden.network.connect(other.address());
  await until(() => !connectionTo(other, hidden)?.address.includes("p2p-circuit"));
  await echoed(await other.network.openBulk(hidden.network.self), Buffer.alloc(16));
  await until(() => state(relay)?.relayed === 0);
});

test("who does not relay refuses and counts", async () => {
  const [relay, hidden, other] = await Promise.all([startNode({ relay: "off" }), startNode(), startNode()]);
  await Promise.all([hidden, other].map((node) => node.network.connect(relay.address())));
  const address = `/p2p/${relay.network.self}/p2p-circuit/p2p/${hidden.network.self}`;
  expect(await rejectionOf(other.network.connect(address))).toMatchObject({
    code: "PEER_UNREACHABLE",
    message: expect.stringContaining("it does not relay"),
  });
  expect(state(relay)).toMatchObject({ relayed: 0, refused: 1 });
});

test("a relay joins nobody with a node that has no place there", async () => {
  const [relay, hidden, other] = await Promise.all([startNode({ relay: "on" }), startNode(), startNode()]);
  await Promise.all([hidden, other].map((node) => node.network.connect(relay.address())));
  const address = `/p2p/${relay.network.self}/p2p-circuit/p2p/${hidden.network.self}`;
  // Refused by the relay, not by the node, which was not told of it.
  expect(await rejectionOf(other.network.connect(address))).toMatchObject({
    code: "PEER_UNREACHABLE",
    message: expect.stringContaining("the node is not there"),
  });
  expect(state(relay)?.refused).toBe(1);
});

test("a node takes no connection from a relay at which it has no place, and none that is malformed", async () => {
  const node = await startNode();
  const hostile = await startHostileMember();
  const answerTo = async (protocol: string, bytes: Uint8Array) => {
    const duplex = new StreamDuplex(await hostile.open(node.address(), protocol));
    writeFrame(duplex, bytes);
    const signal = AbortSignal.timeout(20_000);
    return decodeRelayAnswer(await readFrameOf(duplex, { bytesMax: 64, signal }));
  };
  const open = encodeRelayOpen(hostile.identity.peerId);
  expect(await answerTo("/gstore/1/relayed", open)).toBe("REQUEST_REFUSED");
  expect(await answerTo("/gstore/1/relay", open.subarray(1))).toBe("PROTOCOL_VIOLATION");
  expect(state(node)?.refused).toBe(1);
});

test("a stranger gets no stream to a relay: its connection is refused before any is opened", async () => {
  const relay = await startNode({ relay: "on" });
  const stranger = await startNode({ secrets: createNetworkSecrets() });
  expect(await rejectionOf(stranger.network.connect(relay.address()))).toMatchObject({
    code: "WRONG_NETWORK",
  });
  const address = `/p2p/${relay.network.self}/p2p-circuit/p2p/${stranger.network.self}`;
  const other = await startNode({ secrets: stranger.secrets });
  expect(await rejectionOf(other.network.connect(address))).toMatchObject({ code: "PEER_UNREACHABLE" });
  expect(relay.network.peers()).toEqual([]);
  expect(state(relay)).toMatchObject({ turnedAway: 1, refused: 0 });
});

test("caps: relayed connections, places, bytes and time", async () => {
  const [relay, hidden, other, address] = await startThree({
    relay: { relayLimits: { relayed: 1, places: 1, bytes: 64 * 1024 } } as TestNodeOptions,
  });
  const late = await startNode({ listen: [] });
  await late.network.connect(relay.address());
  await until(() => state(relay)?.refused === 1);
  expect(late.network.addresses()).toEqual([]);
  await other.network.connect(address);
  expect(await rejectionOf(late.network.connect(address))).toMatchObject({ code: "TOO_BUSY" });
  const much = Buffer.alloc(100 * 1024);
  expect(await rejectionOf(other.network.request(hidden.network.self, "blobs", much))).toMatchObject({
    code: "CONNECTION_LOST",
  });
  await until(() => state(relay)?.relayed === 0);
});

test("a member is at either end of so many relayed connections at most", async () => {
  const [relay, hidden, other, address] = await startThree({
    relay: { relayLimits: { perPeer: 1 } } as TestNodeOptions,
  });
  await other.network.connect(address);
  const third = await startNode({ listen: [] });
  await third.network.connect(relay.address());
  await until(() => state(relay)?.places === 2);
  // The one that is asked for has enough; the one that asks has none.
  expect(await rejectionOf(third.network.connect(address))).toMatchObject({ code: "TOO_BUSY" });
  const toThird = `/p2p/${relay.network.self}/p2p-circuit/p2p/${third.network.self}`;
  // And the other way round.
  expect(await rejectionOf(hidden.network.connect(toThird))).toMatchObject({ code: "TOO_BUSY" });
  expect(state(relay)).toMatchObject({ relayed: 1, refused: 2 });
});

test("time: a relayed connection is cut off when it is up", async () => {
  const [relay, hidden, other, address] = await startThree({
    relay: { relayLimits: { timeMs: 300 } } as TestNodeOptions,
  });
  await other.network.connect(address);
  await until(() => state(relay)?.relayed === 0 && connectionTo(hidden, other) === undefined);
});

test("a removed member gets nowhere through a relay", async () => {
  const banned = new Set<PeerId>();
  const admit = (peer: PeerId): void => {
    if (banned.has(peer)) throw new Error("removed");
  };
  const [, hidden, other, address] = await startThree({ hidden: { admit } });
  banned.add(other.network.self);
  // TLS and the handshake run from end to end: the relay, which still takes it for a member, can't let it in.
  expect(await rejectionOf(other.network.connect(address))).toMatchObject({ code: "HANDSHAKE_FAILED" });
  expect(connectionTo(hidden, other)).toBeUndefined();
});
