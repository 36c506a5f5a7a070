import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { startNode } from "./network-fixture.ts";

test("a peer answers at one of its addresses while another swallows everything", async () => {
  const [a, b] = [await startNode(), await startNode()];
  const hole = createServer().listen(0, "127.0.0.1");
  await once(hole, "listening");
  const peer = b.identity.peerId;
  const { port } = hole.address() as { port: number };
  const signal = new AbortController();
  const swallowed = a.network
    .connect(`/ip4/127.0.0.1/tcp/${port}/p2p/${peer}`, { apart: true, signal: signal.signal })
    .catch((error: { code: string }) => error.code);
  const [held] = await once(hole, "connection");
  expect(await a.network.connect(b.address(), { apart: true })).toBe(peer);
  signal.abort();
  expect(await swallowed).toBe("ABORTED");
  held.destroy();
  hole.close();
});

test("somebody else at the address is not told who dials", async () => {
  const [a, b, c] = [await startNode(), await startNode(), await startNode()];
  const atC = c.address().replace(c.identity.peerId, b.identity.peerId);
  await expect(a.network.connect(atC, { apart: true })).rejects.toMatchObject({ code: "PEER_MISMATCH" });
  expect(c.events).toEqual([]);
});

test("two peers are not dialled at one address at the same time", async () => {
  const [a, b, c] = [await startNode(), await startNode(), await startNode()];
  const atC = c.address().replace(c.identity.peerId, b.identity.peerId);
  const first = a.network.connect(c.address(), { apart: true });
  await expect(a.network.connect(atC, { apart: true })).rejects.toMatchObject({ code: "TOO_BUSY" });
  expect(await first).toBe(c.identity.peerId);
});
