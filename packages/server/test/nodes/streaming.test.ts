import { CHUNK_BYTES_MAX, createDigestStream, PUSH_WINDOW_BYTES, TRANSFER_WINDOW_BYTES } from "@gstore/core";
import { HookedBlobStore, MemoryDiskStore } from "@gstore/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { countFrames } from "../support/frames.ts";
import { bytesOf, randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

const MIB = 1024 * 1024;

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let blobsOfB: HookedBlobStore;

beforeEach(async () => {
  network = new TestNetwork();
  blobsOfB = new HookedBlobStore();
  a = await network.node("a");
  b = await network.node("b", { disk: new MemoryDiskStore({ blobs: blobsOfB }) });
  await network.connect(a, b);
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

/** Loses what b holds, so that it reads from a. */
async function wipeB(): Promise<void> {
  for await (const { digest } of blobsOfB.list()) await blobsOfB.delete([digest]);
}

/** Nothing is held for anybody. */
async function expectIdle(): Promise<void> {
  for (const { parts } of [a, b]) {
    await until(
      "the windows are free",
      () => parts.readAhead.inFlight === 0 && parts.putWindow.inFlight === 0,
    );
    await parts.getSlots.empty();
    await parts.putSlots.empty();
    expect(parts.replication.receiving.inFlight).toBe(0);
  }
  expect(a.parts.replication.pushWindow(b.id).inFlight).toBe(0);
  await until("no transfer is open", () => {
    network.clock.advance(300);
    return network.hub.openChannels === 0;
  });
}

/** The most that any bounded place held while it was looked at. */
function gauges() {
  const most = { put: 0, push: 0, received: 0, readAhead: 0 };
  const look = () => {
    most.put = Math.max(most.put, a.parts.putWindow.inFlight);
    most.push = Math.max(most.push, a.parts.replication.pushWindow(b.id).inFlight);
    most.received = Math.max(most.received, b.parts.replication.receiving.inFlight);
    most.readAhead = Math.max(most.readAhead, b.parts.readAhead.inFlight);
  };
  return { most, look };
}

describe("200 MB", () => {
  const blocks = Array.from({ length: 40 }, (_, index) => randomBytes(MIB, `block ${index}`));

  test("pass through a put, a push and a get with bounded bytes in flight, into a slow disk and a slow reader", async () => {
    const { most, look } = gauges();
    blobsOfB.beforePut = async () => {
      look();
      await turns(3);
    };
    const written = createDigestStream();
    async function* source() {
      for (let slice = 0; slice < 200; slice++) {
        // Some blocks come again and some don't: what is known is not sent again.
        const block = blocks[(slice * 7) % (slice < 100 ? 40 : 39)] as Buffer;
        written.update(block);
        look();
        yield block;
      }
    }
    const stored = await a.node.store("file", source(), { wait: "all" });
    expect(stored.size).toBe(200 * MIB);
    await wipeB();
    const read = createDigestStream();
    for await (const piece of (await b.node.get("file")).stream) {
      look();
      read.update(piece);
    }
    const digest = written.digest();
    expect([stored.digest, read.digest()]).toEqual([digest, digest]);
    expect(most.put).toBeLessThanOrEqual(TRANSFER_WINDOW_BYTES);
    expect(most.push).toBeLessThanOrEqual(PUSH_WINDOW_BYTES);
    expect(most.received).toBeLessThanOrEqual(TRANSFER_WINDOW_BYTES);
    expect(most.readAhead).toBeLessThanOrEqual(16 * CHUNK_BYTES_MAX);
    for (const value of Object.values(most)) expect(value).toBeGreaterThan(0);
    await expectIdle();
  }, 120_000);
});

describe("a get", () => {
  const content = randomBytes(20 * MIB);

  beforeEach(async () => {
    await a.node.store("file", content, { wait: "all" });
    await wipeB();
  });

  test("reads nothing before it is asked for the first byte", async () => {
    const frames = countFrames(network, b, a);
    await b.node.get("file");
    await turns(20);
    expect(frames.size).toBe(0);
  });

  test("whose reader stops reading fetches no more than it may read ahead", async () => {
    const frames = countFrames(network, a, b);
    const reader = (await b.node.get("file")).stream.getReader();
    await reader.read();
    await turns(100);
    expect(frames.get("blob")).toBeLessThan(20);
    await reader.cancel();
    await expectIdle();
  });

  test("gives everything back when it is cancelled half-way", async () => {
    let got = 0;
    for await (const piece of (await b.node.get("file")).stream) {
      got += piece.length;
      if (got > 5 * MIB) break;
    }
    await expectIdle();
  });

  test("gives everything back when its signal fires while nobody reads", async () => {
    const stop = new AbortController();
    const reader = (await b.node.get("file", { signal: stop.signal })).stream.getReader();
    await reader.read();
    await until("it has read ahead", () => b.parts.readAhead.inFlight > 0);
    stop.abort();
    await expectIdle();
    expect(await codeOf(reader.read())).toBe("ABORTED");
  });

  test("gives everything back when its signal fires while it waits for a peer", async () => {
    network.hub.link(a.id, b.id).stall();
    const stop = new AbortController();
    const read = bytesOf((await b.node.get("file", { signal: stop.signal })).stream);
    await turns(20);
    stop.abort();
    expect(await codeOf(read)).toBe("ABORTED");
    network.hub.link(a.id, b.id).resume();
    await expectIdle();
  });

  test("is refused with a signal that has fired", async () => {
    const { stream } = await b.node.get("file", { signal: AbortSignal.abort() });
    expect(await codeOf(bytesOf(stream))).toBe("ABORTED");
    await expectIdle();
  });

  test("is not held up by forty others whose readers have stopped", async () => {
    const readers = [];
    for (let index = 0; index < 40; index++) {
      const reader = (await b.node.get("file")).stream.getReader();
      await reader.read();
      readers.push(reader);
    }
    expect(b.parts.readAhead.inFlight).toBeLessThanOrEqual(TRANSFER_WINDOW_BYTES);
    expect((await readAll(b.node, "file")).equals(content)).toBe(true);
    for (const reader of readers) await reader.cancel();
    await expectIdle();
  });

  test("ends with ABORTED when the node stops, which takes less than five seconds", async () => {
    const reader = (await b.node.get("file")).stream.getReader();
    await reader.read();
    network.hub.link(a.id, b.id).stall();
    const rest = codeOf(
      (async () => {
        while (!(await reader.read()).done);
      })(),
    );
    const { tookMs } = await withinClock(network.clock, b.node.stop(), { maxMs: 5000 });
    expect(tookMs).toBeLessThan(5000);
    expect(await rest).toBe("ABORTED");
  });
});
