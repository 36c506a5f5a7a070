import { createHash } from "node:crypto";
import { once } from "node:events";
import type { TLSSocket } from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  BULK_CONNECTIONS_PER_PEER_MAX,
  BULK_FRAME_BYTES_MAX,
  BULK_IDLE_TIMEOUT_MS,
  BULK_STALL_TIMEOUT_MS,
  type BulkChannel,
  GstoreError,
  isGstoreError,
} from "@gstore/core";
import { expect, test } from "vitest";
import { encodeBulkOpen } from "../src/bulk-open.ts";
import { BULK_SIGNS } from "../src/bulk-signs.ts";
import { encodeFrame, frameHeader } from "../src/frame-codec.ts";
import { ManualClock, until } from "./manual-clock.ts";
import {
  echoBulk,
  rejectionOf,
  sharedSecrets,
  startNode,
  startPair,
  type TestNode,
} from "./network-fixture.ts";
import { helloFrame, type RawConnection, rawTls } from "./raw-peer.ts";

const CHUNK = 256 * 1024;
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const LARGE = { timeout: 120_000 };
test(
  "100 MB pass unchanged in either direction, and memory stays flat with a slow receiver",
  LARGE,
  async () => {
    const count = 400;
    const digest = createHash("sha256");
    const serve = async (_from: unknown, channel: BulkChannel): Promise<void> => {
      const order = await channel.receive();
      if (order?.[0] === 1) {
        for (let i = 0; i < count; i++) await channel.send(new Uint8Array(CHUNK).fill(i));
        return;
      }
      for (let frame = await channel.receive(); frame !== null; frame = await channel.receive()) {
        digest.update(frame);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await channel.send(digest.digest());
    };
    const [a, b] = await startPair({}, { bulk: serve });
    const expected = createHash("sha256");
    const upload = await a.network.openBulk(b.identity.peerId);
    await upload.send(Uint8Array.of(0));
    let most = 0;
    const before = bytesInUse();
    for (let i = 0; i < count; i++) {
      const chunk = new Uint8Array(CHUNK).fill(i);
      expected.update(chunk);
      await upload.send(chunk.subarray(0, 1000), chunk.subarray(1000));
      if (i % 40 === 0) most = Math.max(most, bytesInUse() - before);
    }
    await upload.end();
    const sum = expected.digest("hex");
    expect(Buffer.from((await upload.receive()) ?? []).toString("hex")).toBe(sum);
    expect(await upload.receive()).toBeNull();
    const download = await a.network.openBulk(b.identity.peerId);
    await download.send(Uint8Array.of(1));
    const actual = createHash("sha256");
    for (let frame = await download.receive(); frame !== null; frame = await download.receive())
      actual.update(frame);
    await download.end();
    expect(actual.digest("hex")).toBe(sum);
    // Both ends are in this process. What was collected is freed a little later; without backpressure it would be more than 100 MB.
    expect(most).toBeLessThan(48 * 1024 * 1024);
  },
);

test("send waits while the receiver does not receive, and goes on when it does", async () => {
  const go = Promise.withResolvers<void>();
  let received = 0;
  const [a, b] = await startPair(
    {},
    {
      bulk: async (_from, channel) => {
        await go.promise;
        for (let frame = await channel.receive(); frame !== null; frame = await channel.receive())
          received += frame.length;
      },
    },
  );
  const channel = await a.network.openBulk(b.identity.peerId);
  let sent = 0;
  const total = 200;
  const sending = (async () => {
    for (; sent < total; sent++) await channel.send(new Uint8Array(CHUNK));
    await channel.end();
  })();
  let last = -1;
  // The kernel's buffers fill up; then nothing moves any more.
  for (let same = 0; same < 200; ) {
    await new Promise((resolve) => setImmediate(resolve));
    same = sent === last ? same + 1 : 0;
    last = sent;
  }
  expect(sent).toBeLessThan(total);
  go.resolve();
  await sending;
  expect(await channel.receive()).toBeNull();
  expect(received).toBe(total * CHUNK);
});

test("a connection is used again for the next transfer, and no more than the maximum are made", async () => {
  const [a, b] = await startPair();
  const bytesOf = (): number => a.network.peers()[0]?.bytesSent ?? 0;
  for (let i = 0; i < 3; i++) {
    const before = bytesOf();
    const channel = await a.network.openBulk(b.identity.peerId);
    await channel.send(Buffer.from("once"));
    await channel.end();
    while ((await channel.receive()) !== null);
    // A handshake of its own would be more.
    if (i > 0) expect(bytesOf() - before).toBeLessThan(60);
  }
  const open = await Promise.all(
    Array.from({ length: BULK_CONNECTIONS_PER_PEER_MAX }, () => a.network.openBulk(b.identity.peerId)),
  );
  const controller = new AbortController();
  const impatient = rejectionOf(a.network.openBulk(b.identity.peerId, { signal: controller.signal }));
  let isWaiting = true;
  const next = a.network.openBulk(b.identity.peerId).then((channel) => {
    isWaiting = false;
    return channel;
  });
  controller.abort();
  expect(isGstoreError(await impatient, "ABORTED")).toBe(true);
  expect(isWaiting).toBe(true);
  await open[0]?.end();
  expect(await open[0]?.receive()).toBeNull();
  const channel = await next;
  await channel.send(Buffer.from("after waiting"));
  expect(Buffer.from((await channel.receive()) ?? []).toString()).toBe("after waiting");
});

test("a handler that ends early does not cost the connection", async () => {
  let served = 0;
  const [a, b] = await startPair({}, { bulk: async () => void served++ });
  for (let i = 0; i < 3; i++) {
    const channel = await a.network.openBulk(b.identity.peerId);
    await channel.send(new Uint8Array(1000));
    await channel.send(new Uint8Array(1000));
    await channel.end();
    expect(await channel.receive()).toBeNull();
  }
  expect(served).toBe(3);
});

test("an error of the handler, or an abort's reason, reaches the other side", async () => {
  const seen = Promise.withResolvers<unknown>();
  const [a, b] = await startPair(
    {},
    {
      bulk: async (from, channel) => {
        const order = await channel.receive();
        if (order?.[0] === 1) {
          await channel.send(new Uint8Array(CHUNK));
          throw new GstoreError("BLOB_NOT_FOUND", "No such blob.");
        }
        await echoBulk(from, channel).catch(seen.resolve);
      },
    },
  );
  const failing = await a.network.openBulk(b.identity.peerId);
  await failing.send(Uint8Array.of(1));
  const error = await rejectionOf(
    (async () => {
      while ((await failing.receive()) !== null);
    })(),
  );
  expect(error).toMatchObject({ code: "BLOB_NOT_FOUND", message: "The peer does not have the blob." });
  const aborting = await a.network.openBulk(b.identity.peerId);
  await aborting.send(Uint8Array.of(0));
  const receiving = rejectionOf(aborting.receive());
  aborting.abort(new GstoreError("STORE_FULL", "The disk is full here."));
  expect(await receiving).toMatchObject({ code: "STORE_FULL" });
  expect(await rejectionOf(aborting.send(new Uint8Array(1)))).toMatchObject({ code: "STORE_FULL" });
  expect(await seen.promise).toMatchObject({ code: "STORE_FULL", message: "The peer's disk is full." });
});

test("the largest frame passes; one byte more is refused here, and from a peer ends the connection", async () => {
  const [a, b] = await startPair();
  const channel = await a.network.openBulk(b.identity.peerId);
  const frame = new Uint8Array(BULK_FRAME_BYTES_MAX).fill(9);
  await channel.send(frame);
  expect(Buffer.compare((await channel.receive()) ?? new Uint8Array(0), frame)).toBe(0);
  await channel.send(new Uint8Array(0));
  expect(await channel.receive()).toHaveLength(0);
  expect(
    isGstoreError(await rejectionOf(channel.send(new Uint8Array(BULK_FRAME_BYTES_MAX + 1))), "TOO_LARGE"),
  ).toBe(true);
  const begin = frameHeader(BULK_SIGNS.begin);
  const opening = encodeFrame(encodeBulkOpen({ starter: "dialler" }));
  const violations = [frameHeader(BULK_FRAME_BYTES_MAX + 1), frameHeader(0xffff_fff5), begin];
  for (const bytes of violations) {
    const raw = await rawBulk(a, b.address(), Buffer.concat([opening, begin, bytes]));
    expect((await raw.closed).includes("broke the bulk protocol")).toBe(true);
  }
  const token = new Uint8Array(16);
  const openings = [
    Buffer.from("00000003ffffff", "hex"),
    encodeFrame(encodeBulkOpen({ starter: "listener", token })),
  ];
  for (const bytes of openings) await (await rawBulk(a, b.address(), bytes)).closed;
  const stranger = await startNode({ listen: [] });
  await (await rawBulk(stranger, b.address(), opening)).closed;
});

test("a peer that goes away half-way ends the transfer on both sides with CONNECTION_LOST", async () => {
  const outcome = Promise.withResolvers<unknown>();
  const [a, b] = await startPair(
    {},
    { bulk: async (from, channel) => outcome.resolve(await rejectionOf(echoBulk(from, channel))) },
  );
  const channel = await a.network.openBulk(b.identity.peerId);
  await channel.send(new Uint8Array(CHUNK));
  expect(await channel.receive()).toHaveLength(CHUNK);
  const receiving = rejectionOf(channel.receive());
  await b.network.stop();
  expect(await receiving).toMatchObject({ code: "CONNECTION_LOST", retryable: true });
  expect(await rejectionOf(channel.send(new Uint8Array(1)))).toMatchObject({ code: "CONNECTION_LOST" });
  expect(await outcome.promise).toMatchObject({ code: "CONNECTION_LOST" });
  expect(
    isGstoreError(
      await rejectionOf(a.network.openBulk(b.identity.peerId)),
      "PEER_UNREACHABLE",
      "CONNECTION_LOST",
    ),
  ).toBe(true);
});

test("a transfer that moves nothing while somebody waits is given up", async () => {
  const clock = new ManualClock();
  const arrived = Promise.withResolvers<void>();
  const [a, b] = await startPair(
    { clock },
    {
      bulk: async (_from, channel) => {
        await channel.receive();
        arrived.resolve();
        await new Promise(() => {});
      },
    },
  );
  const channel = await a.network.openBulk(b.identity.peerId);
  await channel.send(new Uint8Array(10));
  await arrived.promise;
  // Nobody waits: as long as one likes.
  await pass(clock, 3 * BULK_STALL_TIMEOUT_MS, () =>
    a.network.request(b.identity.peerId, "blobs", new Uint8Array(1)),
  );
  const receiving = rejectionOf(channel.receive());
  let isOver = false;
  void receiving.then(() => {
    isOver = true;
  });
  await pass(clock, BULK_STALL_TIMEOUT_MS * 0.7, () =>
    a.network.request(b.identity.peerId, "blobs", new Uint8Array(1)),
  );
  expect(isOver).toBe(false);
  await pass(clock, BULK_STALL_TIMEOUT_MS, () =>
    a.network.request(b.identity.peerId, "blobs", new Uint8Array(1)),
  );
  expect(await receiving).toMatchObject({ code: "TIMEOUT", retryable: true });
});

test("an idle connection is closed after a while, not before", async () => {
  const clock = new ManualClock();
  const [a, b] = await startPair({ clock });
  const ask = (): Promise<unknown> => a.network.request(b.identity.peerId, "blobs", new Uint8Array(1));
  const bytesOfTransfer = async (): Promise<number> => {
    const before = a.network.peers()[0]?.bytesSent ?? 0;
    const channel = await a.network.openBulk(b.identity.peerId);
    await channel.end();
    expect(await channel.receive()).toBeNull();
    return (a.network.peers()[0]?.bytesSent ?? 0) - before;
  };
  // A handshake carries the certificate; the signs of an empty transfer and a ping are a few bytes.
  const withHandshake = 250;
  expect(await bytesOfTransfer()).toBeGreaterThan(withHandshake);
  await pass(clock, BULK_IDLE_TIMEOUT_MS - 1000, ask);
  expect(await bytesOfTransfer()).toBeLessThan(withHandshake);
  await pass(clock, BULK_IDLE_TIMEOUT_MS + 1000, ask);
  expect(await bytesOfTransfer()).toBeGreaterThan(withHandshake);
});

/** Bytes of buffers that are not garbage. */
function bytesInUse(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** Lets time pass in steps, with something moving on the peer's connection in each, so that it is not taken for dead. */
async function pass(clock: ManualClock, ms: number, move: () => Promise<unknown>): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    clock.advance(1000);
    await move();
  }
}

/** A connected member's bulk connection, past handshake and opening, in a test's own hands. */
async function rawBulk(
  member: TestNode,
  address: string,
  opening: Uint8Array,
): Promise<RawConnection<TLSSocket>> {
  const { identity, certificate } = member;
  const raw = rawTls(address, { identity, alpn: "gstore-bulk/1" });
  await once(raw.socket, "secureConnect");
  raw.socket.write(helloFrame(raw.socket, { identity, network: sharedSecrets.networkId, certificate }));
  await until(() => raw.received().length > 100 || raw.socket.destroyed);
  raw.socket.write(opening);
  return raw;
}
