import { expect, test } from "vitest";
import { startNode, startPair } from "./network-fixture.ts";

test("two nodes connect and see each other once, with certificate, address and direction", async () => {
  const [a, b] = await startPair();
  const [peerOfA] = a.network.peers();
  const [peerOfB] = b.network.peers();
  expect(peerOfA).toMatchObject({ peer: b.identity.peerId, direction: "outbound", address: b.address() });
  expect(peerOfB).toMatchObject({ peer: a.identity.peerId, direction: "inbound" });
  expect(peerOfB?.certificate[0]?.id).toBe(a.certificate[0]?.id);
  expect(a.events).toEqual([`connected ${b.identity.peerId}`]);
  expect(b.events).toEqual([`connected ${a.identity.peerId}`]);
});

test("requests are answered both ways over one connection", async () => {
  const [a, b] = await startPair(
    {
      request: async (from, purpose, message) =>
        Buffer.from(`a got ${purpose} ${Buffer.from(message)} from ${from}`),
    },
    {
      request: async (from, purpose, message) =>
        Buffer.from(`b got ${purpose} ${Buffer.from(message)} from ${from}`),
    },
  );
  const toB = await a.network.request(b.identity.peerId, "entries", Buffer.from("x"));
  const toA = await b.network.request(a.identity.peerId, "blobs", Buffer.from("y"));
  expect(Buffer.from(toB).toString()).toBe(`b got entries x from ${a.identity.peerId}`);
  expect(Buffer.from(toA).toString()).toBe(`a got blobs y from ${b.identity.peerId}`);
});

test("bulk frames are carried both ways, whoever dialled", async () => {
  const [a, b] = await startPair();
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const channel = await from.network.openBulk(to.identity.peerId);
    await channel.send(Buffer.from("hello "), Buffer.from("bulk"));
    await channel.end();
    expect(Buffer.from((await channel.receive()) ?? []).toString()).toBe("hello bulk");
    expect(await channel.receive()).toBeNull();
  }
});

test("a node with no listening address dials and is served", async () => {
  const b = await startNode();
  const a = await startNode({ listen: [] });
  expect(a.network.addresses()).toEqual([]);
  await a.network.connect(b.address());
  expect(await a.network.request(b.identity.peerId, "blobs", Buffer.from("z"))).toEqual(
    new Uint8Array(Buffer.from("z")),
  );
});
