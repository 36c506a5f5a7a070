import { GstoreError, PUSH_WINDOW_BYTES } from "@gstore/core";
import { HookedBlobStore, MemoryDiskStore } from "@gstore/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { countFrames } from "../support/frames.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { turns, until, withinClock } from "../support/waiting.ts";

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

const pushWindow = () => a.parts.replication.pushWindow(b.id);

async function* slices(content: Buffer, between: (at: number) => Promise<void>) {
  for (let at = 0; at < content.length; at += MIB) {
    yield content.subarray(at, at + MIB);
    await between(at);
  }
}

describe("a push", () => {
  test("of blobs whose memory is used again is right, however long it waits for the target", async () => {
    // As a sealing thread does it: the memory is gone from here at once.
    a.parts.sealer.recycle = ({ buffer }) =>
      void structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    let isSlow = true;
    blobsOfB.beforePut = async () => {
      while (isSlow) await turns(1);
    };
    const wanted = countFrames(network, b, a);
    const content = randomBytes(20 * MIB);
    const put = a.node.store("file", content, { wait: "all" });
    await until("the push waits", () => pushWindow().inFlight > PUSH_WINDOW_BYTES - MIB);
    isSlow = false;
    expect((await put).copies).toBe(2);
    expect(wanted.get("want") ?? 0).toBe(0);
    for (const { node } of [a, b]) expect((await readAll(node, "file")).equals(content)).toBe(true);
  });

  test("goes on while the source is still being read", async () => {
    let last = 0;
    const source = slices(randomBytes(20 * MIB), async () => {
      await turns(20);
      last = blobsOfB.usage().bytes;
    });
    await a.node.store("file", source, { wait: "all" });
    expect(last).toBeGreaterThan(15 * MIB);
  });

  test("sends each blob once, and nothing that the target has", async () => {
    const content = randomBytes(5 * MIB);
    const frames = countFrames(network, a, b);
    await a.node.store("first", content, { wait: "all" });
    expect(frames.get("blob")).toBe(a.disk.blobs.usage().blobs);
    await a.node.store("second", Buffer.concat([content, randomBytes(MIB, "more")]), { wait: "all" });
    expect(frames.get("blob")).toBe(a.disk.blobs.usage().blobs);
  });

  test("does not lose a target that keeps up by a source that is slow", async () => {
    const wanted = countFrames(network, b, a);
    // The target's disk is slow at first, so that the put has to wait for it once.
    let isSlow = true;
    blobsOfB.beforePut = async () => {
      while (isSlow) await turns(1);
    };
    const source = slices(randomBytes(40 * MIB), async (at) => {
      if (at === 10 * MIB) isSlow = false;
      if (at < 20 * MIB) return;
      await turns(10);
      network.clock.advance(3000);
    });
    const put = a.node.store("file", source, { wait: "all" });
    await until("the push waits", () => pushWindow().inFlight > PUSH_WINDOW_BYTES - MIB);
    isSlow = false;
    await put;
    expect(wanted.get("want") ?? 0).toBe(0);
    expect(wanted.get("stored")).toBeGreaterThan(0);
  });

  test("holds no more than its window of what a target has not acknowledged", async () => {
    let isSlow = true;
    blobsOfB.beforePut = async () => {
      while (isSlow) await turns(1);
    };
    const put = a.node.store("file", randomBytes(3 * PUSH_WINDOW_BYTES), { wait: "all" });
    await until("the window is full", () => pushWindow().inFlight > PUSH_WINDOW_BYTES - MIB);
    await turns(50);
    expect(pushWindow().inFlight).toBeLessThanOrEqual(PUSH_WINDOW_BYTES);
    isSlow = false;
    await put;
    expect(pushWindow().inFlight).toBe(0);
  });

  test("leaves a target behind that takes nothing for two seconds, and that target fetches later", async () => {
    const link = network.hub.link(a.id, b.id);
    link.stall();
    const content = randomBytes(2 * PUSH_WINDOW_BYTES);
    const stored = await withinClock(network.clock, a.node.store("file", content, { wait: "local" }), {
      maxMs: 0,
    });
    const patient = a.node.store("again", randomBytes(2 * PUSH_WINDOW_BYTES, "again"), { wait: "all" });
    await withinClock(
      network.clock,
      until("it is stored here", async () => (await a.node.list("")).items.length === 2),
      { maxMs: 3000 },
    );
    await until("the window is free", () => pushWindow().inFlight === 0);
    link.resume();
    expect((await withinClock(network.clock, patient, { maxMs: 20_000 })).value.copies).toBe(2);
    await withinClock(
      network.clock,
      until(
        "b holds the first",
        async () => (await b.disk.entries.get(stored.value.version))?.complete === true,
      ),
      { maxMs: 20_000 },
    );
  });

  test.each(["a disk that is full", "a connection that is lost", "a put that is given up"])(
    "ended by %s gives its window back and leaves no transfer open",
    async (what) => {
      const stop = new AbortController();
      blobsOfB.beforePut = async () => {
        if (what === "a disk that is full" && blobsOfB.puts > 3) throw new GstoreError("STORE_FULL", "no");
        await turns(2);
      };
      const source = slices(randomBytes(20 * MIB), async (at) => {
        await turns(10);
        if (at !== 5 * MIB) return;
        if (what === "a connection that is lost") network.hub.disconnect(a.id, b.id);
        if (what === "a put that is given up") stop.abort();
      });
      const put = a.node.store("file", source, { signal: stop.signal, waitTimeoutMs: 100 });
      await withinClock(
        network.clock,
        put.catch(() => {}),
        { maxMs: 10_000 },
      );
      await until("the window is free", () => pushWindow().inFlight === 0);
      await until("no transfer is open", () => {
        // What the target fetches by itself then ends with its idle time.
        network.clock.advance(300);
        return network.hub.openChannels === 0;
      });
      expect(a.parts.putWindow.inFlight).toBe(0);
    },
  );

  test("of a small file travels with its announcement: one request, no transfer", async () => {
    const there = network.hub.link(a.id, b.id).from(a.id);
    const before = there.requests;
    await a.node.store("file", randomBytes(100_000), { wait: "all" });
    expect(there.requests).toBe(before + 1);
    expect(there.frames).toBe(0);
  });
});
