import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import { encodeCbor } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { expect, test } from "vitest";
import { encodeFrame } from "../src/frame-codec.ts";
import { startNode } from "./network-fixture.ts";
import { rawTcp, rawTls } from "./raw-peer.ts";

const refusal = (code: number): Buffer => Buffer.from(encodeFrame(encodeCbor([1, 2, code])));
const HANDSHAKE_FAILED = 72;

test("no protocol of libp2p answers before the handshake", async () => {
  const b = await startNode();
  const identity = generateIdentity();
  const select = (protocol: string): Buffer => Buffer.from(`\x13/multistream/1.0.0\n${protocol}`);
  const yamux = (type: number, flags: number, id: number): Buffer =>
    Buffer.from([0, type, 0, flags, 0, 0, 0, id, 0, 0, 0, 0]);
  const openings = [
    select("\x0f/ipfs/id/1.0.0\n"),
    select("\x11/ipfs/ping/1.0.0\n"),
    select("\x10/ipfs/kad/1.0.0\n"),
    select("\x20/libp2p/circuit/relay/0.2.0/hop\n"),
    select("\x07/noise\n"),
    yamux(2, 1, 0),
    // Read as a length this is 65,537.
    Buffer.concat([yamux(1, 1, 1), Buffer.alloc(65_529)]),
  ];
  for (const bytes of openings) {
    for (const alpn of ["gstore/1", "gstore-bulk/1"]) {
      const raw = rawTls(b.address(), { identity, alpn });
      await once(raw.socket, "secureConnect");
      raw.socket.write(bytes);
      expect(await raw.closed).toEqual(refusal(HANDSHAKE_FAILED));
    }
    const plain = rawTcp(b.address());
    plain.socket.write(bytes);
    // A TLS alert: fatal, and of seven bytes.
    expect((await plain.closed).length).toBeLessThanOrEqual(7);
  }
});

test("a recorded session of a member replayed to the node does nothing", async () => {
  const requests: string[] = [];
  const b = await startNode({
    request: async (from, _purpose, message) => {
      requests.push(from);
      return message;
    },
  });
  const recorded: Buffer[] = [];
  const proxy = createTcpServer((from) => {
    const to = rawTcp(b.address()).socket;
    from.on("error", () => {}).on("close", () => to.destroy());
    from.on("data", (bytes) => {
      recorded.push(bytes);
      to.write(bytes);
    });
    to.on("data", (bytes) => from.write(bytes)).on("close", () => from.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const a = await startNode();
  const { port } = proxy.address() as { port: number };
  await a.network.connect(`/ip4/127.0.0.1/tcp/${port}/p2p/${b.identity.peerId}`);
  await a.network.request(b.identity.peerId, "entries", Buffer.from("once"));
  await a.stop();
  await b.until(() => b.events.length === 2);
  const replayed = rawTcp(b.address());
  replayed.socket.write(Buffer.concat(recorded));
  await replayed.closed;
  expect(requests).toEqual([a.identity.peerId]);
  expect(b.events).toEqual([`connected ${a.identity.peerId}`, `disconnected ${a.identity.peerId}`]);
  proxy.close();
});
