import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer as createTcpServer } from "node:net";
import { DIAL_TIMEOUT_MS, encodeCbor } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { expect, onTestFinished, test } from "vitest";
import { encodeFrame, frameHeader } from "../src/frame-codec.ts";
import { requestAsStranger } from "../src/index.ts";
import {
  encodeStrangerAnswer,
  encodeStrangerRequest,
  STRANGER_REPLY_FRAME_BYTES_MAX,
} from "../src/stranger-messages.ts";
import { ManualClock, until } from "./manual-clock.ts";
import { rejectionOf, startNode } from "./network-fixture.ts";
import { ask, echo, fakeNode } from "./stranger-fixture.ts";

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
