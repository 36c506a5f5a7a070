import { once } from "node:events";
import { createServer, type TLSSocket } from "node:tls";
import type { ErrorCode, GstoreError, PeerId } from "@gstore/core";
import { generateIdentity, type NodeIdentity } from "@gstore/crypto";
import { expect, onTestFinished } from "vitest";
import { type RequestAsStrangerOptions, requestAsStranger } from "../src/index.ts";
import { decodeStrangerReply } from "../src/stranger-messages.ts";
import { createTlsCredentials } from "../src/tls-certificate.ts";
import type { TestNode } from "./network-fixture.ts";
import { type RawConnection, rawTls } from "./raw-peer.ts";

export const JOIN = "gstore-join/1";
export const hang = (): Promise<Uint8Array> => new Promise(() => {});
export const echo = async (_from: PeerId, message: Uint8Array): Promise<Uint8Array> => message;

export function ask(node: TestNode, options: Partial<RequestAsStrangerOptions> = {}): Promise<Uint8Array> {
  return requestAsStranger({
    identity: generateIdentity(),
    address: node.address(),
    peer: node.identity.peerId,
    message: () => Buffer.from("let me in"),
    ...options,
  });
}

export async function rawStranger(
  node: TestNode,
  identity: NodeIdentity = generateIdentity(),
): Promise<RawConnection<TLSSocket>> {
  const raw = rawTls(node.address(), { identity, alpn: JOIN });
  await once(raw.socket, "secureConnect");
  return raw;
}

/** The code and message of a refusal in one frame. */
export function refusalIn(bytes: Buffer): { code: ErrorCode; message: string } {
  expect(bytes.readUInt32BE(0)).toBe(bytes.length - 4);
  try {
    decodeStrangerReply(bytes.subarray(4), "x" as PeerId);
  } catch (error) {
    const { code, message } = error as GstoreError;
    return { code, message };
  }
  throw new Error("it is an answer");
}

export const BARE = { code: "REQUEST_REFUSED", message: "The request was refused." };

/** A TLS listener in the test's own hands. */
export async function fakeNode(
  serve: (socket: TLSSocket) => void,
): Promise<{ address: string; peer: PeerId }> {
  const identity = generateIdentity();
  const tls = { requestCert: true, rejectUnauthorized: false, ALPNProtocols: [JOIN] };
  const server = createServer({ ...createTlsCredentials(identity), ...tls }, (socket) => {
    socket.on("error", () => {});
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return {
    address: `127.0.0.1:${(server.address() as { port: number }).port}`,
    peer: identity.peerId,
  };
}
