import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import {
  DIAL_TIMEOUT_MS,
  type ErrorCode,
  encodeCbor,
  GstoreError,
  HANDSHAKE_TIMEOUT_MS,
  MESSAGE_BYTES_MAX,
  PENDING_CONNECTIONS_PER_ADDRESS_MAX,
  type PeerId,
} from "@gstore/core";
import { generateIdentity, type NodeIdentity } from "@gstore/crypto";
import { expect, onTestFinished, test } from "vitest";
import { encodeFrame, frameHeader } from "../src/frame-codec.ts";
import { EXPORTER_BYTES, EXPORTER_LABEL } from "../src/handshake.ts";
import { type RequestAsStrangerOptions, requestAsStranger } from "../src/index.ts";
import {
  STRANGER_ANSWER_TIMEOUT_MS,
  STRANGER_REQUEST_BYTES_MAX,
  STRANGER_REQUESTS_BURST,
  STRANGERS_AT_ONCE_PER_ADDRESS_MAX,
} from "../src/limits.ts";
import {
  decodeStrangerReply,
  encodeStrangerAnswer,
  encodeStrangerRequest,
  STRANGER_EXPORTER_LABEL,
  STRANGER_REPLY_FRAME_BYTES_MAX,
  STRANGER_REQUEST_FRAME_BYTES_MAX,
} from "../src/stranger-messages.ts";
import { createTlsCredentials } from "../src/tls-certificate.ts";
import { ManualClock, until } from "./manual-clock.ts";
import { rejectionOf, sharedSecrets, startNode, type TestNode } from "./network-fixture.ts";
import { helloFrame, type RawConnection, rawTcp, rawTls } from "./raw-peer.ts";

const JOIN = "gstore-join/1";
const hang = (): Promise<Uint8Array> => new Promise(() => {});
const echo = async (_from: PeerId, message: Uint8Array): Promise<Uint8Array> => message;

function ask(node: TestNode, options: Partial<RequestAsStrangerOptions> = {}): Promise<Uint8Array> {
  return requestAsStranger({
    identity: generateIdentity(),
    address: node.address(),
    peer: node.identity.peerId,
    message: () => Buffer.from("let me in"),
    ...options,
  });
}

async function rawStranger(
  node: TestNode,
  identity: NodeIdentity = generateIdentity(),
): Promise<RawConnection<TLSSocket>> {
  const raw = rawTls(node.address(), { identity, alpn: JOIN });
  await once(raw.socket, "secureConnect");
  return raw;
}

/** The code and message of a refusal in one frame. */
function refusalIn(bytes: Buffer): { code: ErrorCode; message: string } {
  expect(bytes.readUInt32BE(0)).toBe(bytes.length - 4);
  try {
    decodeStrangerReply(bytes.subarray(4), "x" as PeerId);
  } catch (error) {
    const { code, message } = error as GstoreError;
    return { code, message };
  }
  throw new Error("it is an answer");
}

const BARE = { code: "REQUEST_REFUSED", message: "The request was refused." };

/** A TLS listener in the test's own hands. */
async function fakeNode(serve: (socket: TLSSocket) => void): Promise<{ address: string; peer: PeerId }> {
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

test("a node with another PeerId is refused, and hears nothing", async () => {
  const heard: Buffer[] = [];
  const fake = await fakeNode((socket) => socket.on("data", (bytes) => heard.push(bytes)));
  const expected = generateIdentity().peerId;
  let asked = false;
  const error = await rejectionOf(
    requestAsStranger({
      identity: generateIdentity(),
      address: fake.address,
      peer: expected,
      message: () => {
        asked = true;
        return Buffer.from("secret");
      },
    }),
  );
  expect(error).toMatchObject({ code: "PEER_MISMATCH" });
  expect((error as Error).message).toContain(fake.peer);
  expect([asked, heard]).toEqual([false, []]);
});

test("an address that names another peer, or none, or oneself, is refused before anything is dialled", async () => {
  const node = await startNode({ stranger: echo });
  const { identity } = node;
  for (const options of [{ peer: generateIdentity().peerId }, { address: "nonsense" }, { identity }]) {
    expect(await rejectionOf(ask(node, options))).toMatchObject({ code: "INVALID_ARGUMENT" });
  }
});

test.each<[ErrorCode, string, boolean]>([
  ["REQUEST_REFUSED", "This node did not issue the ticket.", true],
  ["TICKET_INVALID", "The ticket has expired.", true],
  ["TOO_BUSY", "Later.", true],
  ["NOT_A_MEMBER", "secret", false],
  ["STORE_IO", "secret: /home/x", false],
  ["WRONG_NETWORK", "secret", false],
  ["UNSUPPORTED_VERSION", "secret", false],
  ["INTERNAL", "secret", false],
])("of a rejection with %s a stranger learns only what it may", async (code, message, isTold) => {
  const node = await startNode({
    stranger: () => {
      throw new GstoreError(code, message, { retryable: code === "TOO_BUSY" });
    },
  });
  const error = await rejectionOf(ask(node));
  expect(error).toMatchObject(isTold ? { code, message, retryable: code === "TOO_BUSY" } : BARE);
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

test("who says nothing or not all of it is cut off in time", async () => {
  const clock = new ManualClock();
  const node = await startNode({ clock, stranger: echo });
  const silent = await rawStranger(node);
  const slow = await rawStranger(node);
  slow.socket.write(frameHeader(100));
  await until(() => clock.pending === 4);
  clock.advance(HANDSHAKE_TIMEOUT_MS - 1);
  slow.socket.write(Buffer.alloc(99));
  expect([silent, slow].some(({ socket }) => socket.closed)).toBe(false);
  clock.advance(1);
  await Promise.all([silent.closed, slow.closed]);
  expect(clock.pending).toBe(0);
});

test("who does not take its answer is cut off in time", async () => {
  const clock = new ManualClock();
  let calls = 0;
  const node = await startNode({
    clock,
    stranger: async () => {
      calls++;
      return Buffer.alloc(MESSAGE_BYTES_MAX);
    },
  });
  const raw = await rawStranger(node);
  raw.socket.pause();
  raw.socket.write(encodeFrame(encodeStrangerRequest(Buffer.from("x"))));
  await until(() => calls === 1 && clock.pending === 1);
  // Not by the time for handshakes, which is over.
  clock.advance(HANDSHAKE_TIMEOUT_MS);
  expect(clock.pending).toBe(1);
  clock.advance(STRANGER_ANSWER_TIMEOUT_MS - HANDSHAKE_TIMEOUT_MS);
  raw.socket.resume();
  expect((await raw.closed).length).toBeLessThan(MESSAGE_BYTES_MAX);
  await until(() => clock.pending === 0);
});

test("requests of one address are so many a second", async () => {
  const clock = new ManualClock();
  let calls = 0;
  const node = await startNode({
    clock,
    stranger: async (_from, message) => {
      calls++;
      return message;
    },
  });
  for (let count = 0; count < STRANGER_REQUESTS_BURST; count++) await ask(node);
  expect(await rejectionOf(ask(node))).toMatchObject({ code: "TOO_BUSY", retryable: true });
  clock.advance(100);
  await ask(node);
  expect(await rejectionOf(ask(node))).toMatchObject({ code: "TOO_BUSY" });
  expect(calls).toBe(STRANGER_REQUESTS_BURST + 1);
});

test("only so many are worked on at once, gone ones included, and members get in all the while", async () => {
  const clock = new ManualClock();
  const work: PromiseWithResolvers<Uint8Array>[] = [];
  const node = await startNode({
    clock,
    stranger: () => {
      const job = Promise.withResolvers<Uint8Array>();
      work.push(job);
      return job.promise;
    },
  });
  for (let count = 1; count <= STRANGERS_AT_ONCE_PER_ADDRESS_MAX; count++) {
    const raw = await rawStranger(node);
    raw.socket.write(encodeFrame(encodeStrangerRequest(Buffer.from("x"))));
    await until(() => work.length === count);
    raw.socket.destroy();
    await raw.closed;
    clock.advance(1000);
  }
  expect(await rejectionOf(ask(node))).toMatchObject({ code: "TOO_BUSY" });
  const member = await startNode();
  await member.network.connect(node.address());
  for (const job of work.splice(0)) job.resolve(new Uint8Array(1));
  clock.advance(1000);
  const asking = ask(node);
  await until(() => work.length === 1);
  work[0]?.resolve(Buffer.from("now"));
  expect(Buffer.from(await asking).toString()).toBe("now");
});

test("strangers that have not asked yet count among the connections in the handshake", async () => {
  const node = await startNode({ stranger: echo });
  const waiting: RawConnection<TLSSocket>[] = [];
  for (let count = 0; count < PENDING_CONNECTIONS_PER_ADDRESS_MAX; count++)
    waiting.push(await rawStranger(node));
  expect(await rejectionOf(ask(node))).toMatchObject({ code: "PEER_UNREACHABLE", retryable: true });
  for (const { socket } of waiting) socket.destroy();
  await Promise.all(waiting.map((raw) => raw.closed));
  await expect
    .poll(() =>
      ask(node).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
});

test("disconnect and stop close a stranger's connection too", async () => {
  const node = await startNode({ stranger: hang });
  const identity = generateIdentity();
  const gone = rejectionOf(ask(node, { identity }));
  const staying = rejectionOf(ask(node));
  const raw = await rawStranger(node);
  await expect
    .poll(async () => {
      await node.network.disconnect(identity.peerId);
      return await Promise.race([gone, new Promise((resolve) => setImmediate(resolve, "open"))]);
    })
    .toMatchObject({ code: "CONNECTION_LOST", retryable: true });
  expect(raw.socket.closed).toBe(false);
  await node.stop();
  expect(await staying).toMatchObject({ code: "CONNECTION_LOST" });
  await raw.closed;
});

test("where nobody listens, nobody answers, or something else does, the error says so", async () => {
  const node = await startNode({ stranger: echo });
  await node.stop();
  const identity = generateIdentity();
  const { peerId: peer } = generateIdentity();
  const message = (): Uint8Array => new Uint8Array(1);
  const gone = createTcpServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address() as { port: number };
  gone.close();
  await once(gone, "close");
  const at = (address: string, more: object = {}): Promise<unknown> =>
    rejectionOf(requestAsStranger({ identity, peer, address, message, ...more }));
  expect(await at(`127.0.0.1:${port}`)).toMatchObject({
    code: "PEER_UNREACHABLE",
    fields: { systemCode: "ECONNREFUSED" },
  });
  const talker = createTcpServer((socket) => socket.on("error", () => {}).end("SSH-2.0-x\r\n"));
  const silent = createTcpServer((socket) => socket.on("error", () => {}));
  onTestFinished(() => void [talker, silent].map((server) => server.close()));
  const address = async (server: typeof talker): Promise<string> => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return `127.0.0.1:${(server.address() as { port: number }).port}`;
  };
  expect(await at(await address(talker))).toMatchObject({ code: "HANDSHAKE_FAILED" });
  const clock = new ManualClock();
  const unanswered = at(await address(silent), { clock });
  clock.advance(DIAL_TIMEOUT_MS);
  expect(await unanswered).toMatchObject({ code: "PEER_UNREACHABLE", retryable: true });
  const { port: silentPort } = silent.address() as { port: number };
  const cancelled = at(`127.0.0.1:${silentPort}`, { signal: AbortSignal.abort() });
  expect(await cancelled).toMatchObject({ code: "ABORTED" });
  expect(clock.pending).toBe(0);
});

test("an answer that does not come is a TIMEOUT, one that is cancelled ABORTED, and the socket is closed", async () => {
  const closed: Promise<unknown>[] = [];
  let heard = 0;
  const fake = await fakeNode((socket) => {
    closed.push(new Promise((resolve) => socket.once("close", resolve)));
    socket.on("data", () => heard++);
  });
  const clock = new ManualClock();
  const controller = new AbortController();
  const options = { ...fake, identity: generateIdentity(), message: () => new Uint8Array(1), clock };
  const late = rejectionOf(requestAsStranger({ ...options, timeoutMs: 5000 }));
  const cancelled = rejectionOf(requestAsStranger({ ...options, signal: controller.signal }));
  await until(() => heard === 2);
  clock.advance(5000);
  controller.abort();
  expect(await late).toMatchObject({ code: "TIMEOUT", retryable: true });
  expect(await cancelled).toMatchObject({ code: "ABORTED" });
  await Promise.all(closed);
  expect(clock.pending).toBe(0);
});

test.each([
  ["too long", frameHeader(STRANGER_REPLY_FRAME_BYTES_MAX + 1), "PROTOCOL_VIOLATION"],
  ["none", encodeFrame(randomBytes(100).fill(0xff, 0, 1)), "PROTOCOL_VIOLATION"],
  ["a request", encodeFrame(encodeStrangerRequest(new Uint8Array(1))), "PROTOCOL_VIOLATION"],
  ["an error that is none", encodeFrame(encodeCbor([1, 3, Buffer.from("x")])), "PROTOCOL_VIOLATION"],
  ["cut off", encodeFrame(encodeStrangerAnswer(new Uint8Array(100))).subarray(0, 50), "CONNECTION_LOST"],
])("an answer that is %s is refused", async (_name, bytes, code) => {
  const fake = await fakeNode((socket) => {
    socket.once("data", () => socket.end(bytes));
  });
  const identity = generateIdentity();
  const error = await rejectionOf(requestAsStranger({ ...fake, identity, message: () => new Uint8Array(1) }));
  expect(error).toMatchObject({ code });
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
