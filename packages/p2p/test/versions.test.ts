import { once } from "node:events";
import { createServer } from "node:tls";
import { encodeCbor, isGstoreError } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { expect, onTestFinished, test } from "vitest";
import { encodeFrame } from "../src/frame-codec.ts";
import { createTlsCredentials } from "../src/tls-certificate.ts";
import { rejectionOf, startNode, startPair } from "./network-fixture.ts";

test("each side hears which gstore the other runs", async () => {
  const [a, b] = await startPair({ agent: "gstore/1.2.3" }, { agent: "gstore/2.0.0-rc.1" });
  expect(a.network.peers()[0]?.agent).toBe("gstore/2.0.0-rc.1");
  expect(b.network.peers()[0]?.agent).toBe("gstore/1.2.3");
});

test.each(["gstore/1.0\u001b[2J", "gstore\n", "gstore/１"])(
  "a version that is not plain text is refused: %j",
  async (agent) => {
    const [a, b] = await Promise.all([startNode({ agent }), startNode()]);
    const error = await rejectionOf(a.network.connect(b.address()));
    expect(isGstoreError(error, "HANDSHAKE_FAILED")).toBe(true);
    const other = await rejectionOf(b.network.connect(a.address()));
    expect(isGstoreError(other, "HANDSHAKE_FAILED")).toBe(true);
    expect(b.events).toEqual([]);
  },
);

/** A node that answers whatever is said with one message. */
async function answering(message: readonly (number | string)[]): Promise<string> {
  const identity = generateIdentity();
  const tls = { requestCert: true, rejectUnauthorized: false, ALPNProtocols: ["gstore/1"] };
  const server = createServer({ ...createTlsCredentials(identity), ...tls }, (socket) => {
    socket.on("error", () => {}).once("data", () => socket.end(encodeFrame(encodeCbor([...message]))));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as { port: number };
  return `/ip4/127.0.0.1/tcp/${port}/p2p/${identity.peerId}`;
}

test("a member with a newer protocol, and one with an older, are told apart", async () => {
  const a = await startNode();
  const newer = await rejectionOf(a.network.connect(await answering([2, 1, "of the future", 0])));
  expect(newer).toMatchObject({ code: "UNSUPPORTED_VERSION", fields: { actual: 2 } });
  const UNSUPPORTED_VERSION = 21;
  const older = await rejectionOf(a.network.connect(await answering([1, 2, UNSUPPORTED_VERSION])));
  expect(older).toMatchObject({ code: "UNSUPPORTED_VERSION" });
  expect((older as { fields: object }).fields).not.toHaveProperty("actual");
});
