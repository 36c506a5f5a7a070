import type { TLSSocket } from "node:tls";
import { HANDSHAKE_TIMEOUT_MS, MESSAGE_BYTES_MAX, PENDING_CONNECTIONS_PER_ADDRESS_MAX } from "@gstore/core";
import { generateIdentity } from "@gstore/crypto";
import { expect, type MockInstance, test, vi } from "vitest";
import { encodeFrame, frameHeader } from "../src/frame-codec.ts";
import {
  STRANGER_ANSWER_TIMEOUT_MS,
  STRANGER_REQUESTS_BURST,
  STRANGERS_AT_ONCE_PER_ADDRESS_MAX,
} from "../src/limits.ts";
import { encodeStrangerRequest } from "../src/stranger-messages.ts";
import { TlsLink } from "../src/tls-link.ts";
import { ManualClock, until } from "./manual-clock.ts";
import { rejectionOf, startNode } from "./network-fixture.ts";
import type { RawConnection } from "./raw-peer.ts";
import { ask, echo, hang, rawStranger } from "./stranger-fixture.ts";

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

/** Has sockets take no answer of the largest size: how much the system would take for a client that reads nothing is its own affair. */
function stallAnswers(): MockInstance {
  const { write } = TlsLink.prototype;
  return vi.spyOn(TlsLink.prototype, "write").mockImplementation(function (this: TlsLink, bytes, written) {
    if (bytes.length >= MESSAGE_BYTES_MAX) Object.assign(this.socket, { _write: () => {}, _writev: null });
    return write.call(this, bytes, written);
  });
}

test("who does not take its answer is cut off in time", { timeout: 60_000 }, async () => {
  const stalled = stallAnswers();
  const clock = new ManualClock();
  const waiting: RawConnection<TLSSocket>[] = [];
  let calls = 0;
  const node = await startNode({
    clock,
    stranger: async () => {
      calls++;
      return Buffer.alloc(MESSAGE_BYTES_MAX);
    },
  });
  // As many as may be answered at once.
  for (let count = 1; count <= STRANGERS_AT_ONCE_PER_ADDRESS_MAX; count++) {
    const raw = await rawStranger(node);
    waiting.push(raw);
    raw.socket.write(encodeFrame(encodeStrangerRequest(Buffer.from("x"))));
    await until(() => calls === count);
    await until(() => clock.pending === count);
  }
  expect(await rejectionOf(ask(node))).toMatchObject({ code: "TOO_BUSY" });
  // Not by the time for handshakes, which is over, nor a moment too soon.
  clock.advance(HANDSHAKE_TIMEOUT_MS);
  expect(await rejectionOf(ask(node))).toMatchObject({ code: "TOO_BUSY" });
  clock.advance(STRANGER_ANSWER_TIMEOUT_MS - HANDSHAKE_TIMEOUT_MS - 1);
  expect(await rejectionOf(ask(node))).toMatchObject({ code: "TOO_BUSY" });
  stalled.mockRestore();
  clock.advance(1);
  await expect
    .poll(() => ask(node).then((answer) => answer.length, String), { timeout: 20_000 })
    .toBe(MESSAGE_BYTES_MAX);
  await Promise.all(waiting.map((raw) => raw.closed));
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

test("a handler may take longer than a handshake, and who waits for it is not counted in one", async () => {
  const clock = new ManualClock();
  const job = Promise.withResolvers<Uint8Array>();
  let calls = 0;
  const node = await startNode({
    clock,
    stranger: () => {
      calls++;
      return job.promise;
    },
  });
  const asking = ask(node);
  await until(() => calls === 1);
  clock.advance(HANDSHAKE_TIMEOUT_MS);
  job.resolve(Buffer.from("late"));
  expect(Buffer.from(await asking).toString()).toBe("late");
});
