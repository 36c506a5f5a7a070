import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import type { TLSSocket } from "node:tls";
import { type ErrorCode, encodeCbor, GstoreError, MESSAGE_BYTES_MAX } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { expect, onTestFinished, test } from "vitest";
import { encodeFrame, frameHeader } from "../src/frame-codec.ts";
import { EXPORTER_BYTES, EXPORTER_LABEL } from "../src/handshake.ts";
import { STRANGER_REQUEST_BYTES_MAX } from "../src/limits.ts";
import {
  encodeStrangerAnswer,
  encodeStrangerRequest,
  STRANGER_EXPORTER_LABEL,
  STRANGER_REQUEST_FRAME_BYTES_MAX,
} from "../src/stranger-messages.ts";
import { until } from "./manual-clock.ts";
import { rejectionOf, sharedSecrets, startNode } from "./network-fixture.ts";
import { helloFrame, rawTcp, rawTls } from "./raw-peer.ts";
import { ask, BARE, JOIN, rawStranger, refusalIn } from "./stranger-fixture.ts";

test("a stranger's request is answered, from who TLS says it is, with the binding that it has itself", async () => {
  const heard: unknown[] = [];
  const node = await startNode({
    stranger: async (from, message, binding) => {
      heard.push([from, Buffer.from(message).toString(), Buffer.from(binding).toString("hex")]);
      return Buffer.from("welcome");
    },
  });
  const identity = generateIdentity();
  const bindings: string[] = [];
  const message = (binding: Uint8Array): Uint8Array => {
    bindings.push(Buffer.from(binding).toString("hex"));
    return Buffer.from("let me in");
  };
  for (const address of [node.address(), node.address().replace(/^\/ip4\/(.*)\/tcp\/(\d+)\/.*$/, "$1:$2")]) {
    expect(Buffer.from(await ask(node, { identity, address, message })).toString()).toBe("welcome");
  }
  expect(bindings).toHaveLength(2);
  expect(heard).toEqual(bindings.map((binding) => [identity.peerId, "let me in", binding]));
  expect(bindings[0]).toHaveLength(2 * EXPORTER_BYTES);
  expect(bindings[0]).not.toBe(bindings[1]);
  expect(node.events).toEqual([]);
});

test("the binding is not the one of the member handshake", async () => {
  let told = Buffer.alloc(0);
  const node = await startNode({
    stranger: async (_from, message, binding) => {
      told = Buffer.from(binding);
      return message;
    },
  });
  const raw = await rawStranger(node);
  raw.socket.write(encodeFrame(encodeStrangerRequest(Buffer.from("x"))));
  const exported = (label: string): Buffer =>
    raw.socket.exportKeyingMaterial(EXPORTER_BYTES, label, Buffer.alloc(0));
  const [own, members] = [exported(STRANGER_EXPORTER_LABEL), exported(EXPORTER_LABEL)];
  await raw.closed;
  expect(told).toEqual(own);
  expect(told).not.toEqual(members);
});

test("the largest request and the largest answer pass, larger ones do not", async () => {
  const node = await startNode({
    stranger: async (_from, message) =>
      Buffer.alloc(message.length === 1 ? MESSAGE_BYTES_MAX + 1 : MESSAGE_BYTES_MAX),
  });
  const largest = { message: () => Buffer.alloc(STRANGER_REQUEST_BYTES_MAX) };
  expect(await ask(node, largest)).toHaveLength(MESSAGE_BYTES_MAX);
  const larger = { message: () => Buffer.alloc(STRANGER_REQUEST_BYTES_MAX + 1) };
  expect(await rejectionOf(ask(node, larger))).toMatchObject({ code: "TOO_LARGE" });
  expect(await rejectionOf(ask(node, { message: () => Buffer.alloc(1) }))).toMatchObject(BARE);
});

test.each<[ErrorCode, string, told: string | null]>([
  ["REQUEST_REFUSED", "This node did not issue the ticket.", "This node did not issue the ticket."],
  ["TICKET_INVALID", "The ticket has expired.", "The ticket has expired."],
  ["TOO_BUSY", "Later.", "Later."],
  ["TIMEOUT", "secret", "The peer waited in vain."],
  ["NOT_A_MEMBER", "secret", null],
  ["STORE_IO", "secret: /home/x", null],
  ["WRONG_NETWORK", "secret", null],
  ["UNSUPPORTED_VERSION", "secret", null],
  ["INTERNAL", "secret", null],
])("of a rejection with %s a stranger learns only what it may", async (code, message, told) => {
  const node = await startNode({
    stranger: () => {
      throw new GstoreError(code, message, { retryable: code === "TOO_BUSY" });
    },
  });
  const error = await rejectionOf(ask(node));
  expect(error).toMatchObject(told === null ? BARE : { code, message: told, retryable: code === "TOO_BUSY" });
});

test("of a fault in the handler a stranger learns nothing", async () => {
  const node = await startNode({
    stranger: async () => {
      throw new TypeError("secret");
    },
  });
  expect(await rejectionOf(ask(node))).toMatchObject({ ...BARE, retryable: false });
});

test("a node that hears no strangers does not offer the protocol, and stops hearing them when it stops", async () => {
  const node = await startNode();
  expect(await rejectionOf(ask(node))).toMatchObject({ code: "HANDSHAKE_FAILED" });
  const raw = rawTls(node.address(), { identity: generateIdentity(), alpn: JOIN });
  expect(await raw.closed).toHaveLength(0);
  expect(raw.socket.alpnProtocol).toBeFalsy();
});

test("a connection has one request: what follows it is not heard", async () => {
  let calls = 0;
  const go = Promise.withResolvers<void>();
  const node = await startNode({
    stranger: async (_from, message) => {
      calls++;
      await go.promise;
      return message;
    },
  });
  const raw = await rawStranger(node);
  const request = encodeFrame(encodeStrangerRequest(Buffer.from("x")));
  raw.socket.write(Buffer.concat([request, request]));
  raw.socket.write(request);
  await until(() => calls === 1);
  raw.socket.write(Buffer.alloc(1_000_000));
  go.resolve();
  const received = await raw.closed;
  expect(received).toEqual(Buffer.from(encodeFrame(encodeStrangerAnswer(Buffer.from("x")))));
  expect(calls).toBe(1);
});

test("garbage and what is too long are refused barely, and a newer version as such", async () => {
  let calls = 0;
  const node = await startNode({
    stranger: async (_from, message) => {
      calls++;
      return message;
    },
  });
  const identity = generateIdentity();
  const { networkId: network } = sharedSecrets;
  const { certificate } = node;
  const cases: [(socket: TLSSocket) => Uint8Array, ErrorCode][] = [
    [() => randomBytes(65_536).fill(0xff, 0, 1), "REQUEST_REFUSED"],
    [() => frameHeader(STRANGER_REQUEST_FRAME_BYTES_MAX + 1), "REQUEST_REFUSED"],
    [() => encodeFrame(encodeCbor([1, 1, Buffer.alloc(STRANGER_REQUEST_BYTES_MAX + 1)])), "REQUEST_REFUSED"],
    [() => encodeFrame(randomBytes(500)), "REQUEST_REFUSED"],
    [() => encodeFrame(encodeCbor([1, 2, Buffer.alloc(1)])), "REQUEST_REFUSED"],
    [() => encodeFrame(encodeCbor([1, 1, Buffer.alloc(1), null])), "REQUEST_REFUSED"],
    [() => encodeFrame(encodeCbor([2, "something", "new", 4])), "UNSUPPORTED_VERSION"],
    [(socket) => helloFrame(socket, { identity, network, certificate }), "REQUEST_REFUSED"],
    [() => Buffer.from("\x13/multistream/1.0.0\n\x14/ipfs/ping/1.0.0\n"), "REQUEST_REFUSED"],
  ];
  for (const [bytes, code] of cases) {
    const raw = await rawStranger(node, identity);
    raw.socket.write(bytes(raw.socket));
    const refusal = refusalIn(await raw.closed);
    expect(refusal.code).toBe(code);
    if (code === "REQUEST_REFUSED") expect(refusal).toEqual(BARE);
  }
  expect([calls, node.events]).toEqual([0, []]);
});

test("a member's handshake and its protocols are not to be had on the strangers' protocol, nor the other way round", async () => {
  let calls = 0;
  const node = await startNode({
    stranger: async (_from, message) => {
      calls++;
      return message;
    },
  });
  for (const alpn of ["gstore/1", "gstore-bulk/1"]) {
    const raw = rawTls(node.address(), { identity: generateIdentity(), alpn });
    await once(raw.socket, "secureConnect");
    raw.socket.write(encodeFrame(encodeStrangerRequest(Buffer.from("x"))));
    expect(await raw.closed).toEqual(Buffer.from(encodeFrame(encodeCbor([1, 2, 72]))));
  }
  expect([calls, node.events]).toEqual([0, []]);
});

test("a stranger must show an Ed25519 certificate, and be another node", async () => {
  let calls = 0;
  const node = await startNode({
    stranger: async (_from, message) => {
      calls++;
      return message;
    },
  });
  for (const identity of [undefined, node.identity]) {
    const raw = rawTls(node.address(), { alpn: JOIN, ...(identity ? { identity } : {}) });
    raw.socket.on("secureConnect", () =>
      raw.socket.write(encodeFrame(encodeStrangerRequest(Buffer.from("x")))),
    );
    expect(await raw.closed).toHaveLength(0);
  }
  expect(calls).toBe(0);
});

test("a recorded session replayed to the node does nothing", async () => {
  let calls = 0;
  const node = await startNode({
    stranger: async (_from, message) => {
      calls++;
      return message;
    },
  });
  const recorded: Buffer[] = [];
  const proxy = createTcpServer((from) => {
    const to = rawTcp(node.address()).socket;
    from.on("error", () => {}).on("close", () => to.destroy());
    from.on("data", (bytes) => {
      recorded.push(bytes);
      to.write(bytes);
    });
    to.on("data", (bytes) => from.write(bytes)).on("close", () => from.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  onTestFinished(() => void proxy.close());
  await ask(node, { address: `127.0.0.1:${(proxy.address() as { port: number }).port}` });
  const replayed = rawTcp(node.address());
  replayed.socket.write(Buffer.concat(recorded));
  await replayed.closed;
  expect(recorded.length).toBeGreaterThan(1);
  expect(calls).toBe(1);
});
