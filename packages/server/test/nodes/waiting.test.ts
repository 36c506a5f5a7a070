import { PUT_WAIT_TIMEOUT_MS } from "@gstore/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, turns, until, withinClock } from "../support/waiting.ts";

const MIB = 1024 * 1024;
const sizes = [100, 3 * MIB];

let network: TestNetwork;
let a: TestNode;
let b: TestNode;
let c: TestNode;

beforeEach(async () => {
  network = new TestNetwork();
  [a, b, c] = (await network.mesh("a", "b", "c")) as [TestNode, TestNode, TestNode];
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

function disconnectAll(): void {
  for (const other of [b, c]) network.hub.disconnect(a.id, other.id);
}

const stall = (other: TestNode) => network.hub.link(a.id, other.id).stall();
const within = <T>(promise: Promise<T>, maxMs: number) => withinClock(network.clock, promise, { maxMs });
/** What a promise rejects with, and how much of the clock's time that took. */
const failure = (promise: Promise<unknown>, maxMs: number) =>
  within(
    promise.then(
      () => null,
      (error: unknown) => error,
    ),
    maxMs,
  );

describe("without waiting (local)", () => {
  test.each(sizes)("a put of %d bytes returns though no other node takes anything", async (size) => {
    stall(b);
    stall(c);
    const stored = await within(a.node.store("file", randomBytes(size), { wait: "local" }), 0);
    expect(stored.value).toMatchObject({ copies: 1, wanted: 3, holders: [{ name: "a" }] });
  });

  test.each(sizes)("%d bytes come to the other nodes all the same", async (size) => {
    const content = randomBytes(size);
    const stored = await a.node.store("file", content, { wait: "local" });
    for (const { node, disk } of [b, c]) {
      await until(`${node.name} holds it`, async () => {
        network.clock.advance(10);
        return (await disk.entries.get(stored.version))?.complete ?? false;
      });
      expect((await readAll(node, "file")).equals(content)).toBe(true);
    }
  });
});

describe("by default", () => {
  test.each(sizes)(
    "a put of %d bytes returns with two copies while a third node takes nothing",
    async (size) => {
      stall(c);
      const stored = await within(a.node.store("file", randomBytes(size)), 5000);
      expect(stored.value).toMatchObject({ copies: 2, wanted: 3 });
    },
  );

  test("returns at once where no other node is connected", async () => {
    disconnectAll();
    const stored = await within(a.node.store("file", "text"), 0);
    expect(stored.value).toMatchObject({ copies: 1, wanted: 3 });
  });

  test("returns without an error after 30 s where the other nodes take nothing", async () => {
    stall(b);
    stall(c);
    const stored = await within(a.node.store("file", "text"), PUT_WAIT_TIMEOUT_MS + 1000);
    expect(stored.value).toMatchObject({ copies: 1, wanted: 3 });
    expect(stored.tookMs).toBeGreaterThanOrEqual(PUT_WAIT_TIMEOUT_MS);
  });

  test("returns as soon as the last node that could take it is gone", async () => {
    stall(b);
    network.hub.disconnect(a.id, c.id);
    const put = a.node.store("file", "text");
    await until("it is stored here", async () => (await a.node.list("")).items.length === 1);
    network.hub.disconnect(a.id, b.id);
    expect((await within(put, 0)).value.copies).toBe(1);
  });
});

describe("asked to wait for", () => {
  test.each(["min", "all"] as const)(
    "%s, a put says after 30 s that they were not reached, and keeps its copy",
    async (wait) => {
      disconnectAll();
      const content = randomBytes(MIB);
      const { value: error, tookMs } = await failure(
        a.node.store("file", content, { wait }),
        PUT_WAIT_TIMEOUT_MS + 1000,
      );
      const target = wait === "min" ? 2 : 3;
      expect(error).toMatchObject({
        code: "COPIES_NOT_REACHED",
        fields: { key: "file", copies: 1, wanted: target },
      });
      expect(tookMs).toBeGreaterThanOrEqual(PUT_WAIT_TIMEOUT_MS);
      expect((await readAll(a.node, "file")).equals(content)).toBe(true);
      // Replication goes on.
      await network.connect(a, b);
      await until("b has caught up", async () => {
        network.clock.advance(10);
        return b.disk.blobs.usage().bytes === a.disk.blobs.usage().bytes;
      });
      network.hub.disconnect(a.id, b.id);
      expect((await readAll(b.node, "file")).equals(content)).toBe(true);
    },
  );

  test("min, a put returns with two copies", async () => {
    stall(c);
    const stored = await within(a.node.store("file", randomBytes(MIB), { wait: "min" }), 5000);
    expect(stored.value.copies).toBe(2);
  });

  test("all, a put returns when the last node has it", async () => {
    stall(c);
    const put = a.node.store("file", "text", { wait: "all" });
    let isDone = false;
    put.finally(() => {
      isDone = true;
    });
    await until("b has it", () => b.disk.entries.count() === 1);
    await turns(20);
    expect(isDone).toBe(false);
    network.hub.link(a.id, c.id).resume();
    expect((await within(put, 5000)).value.copies).toBe(3);
  });

  test("more copies than there are nodes, a put says that they were not reached, in the time given", async () => {
    const { value: error, tookMs } = await failure(
      a.node.store("file", "text", { copies: 5, wait: "all", waitTimeoutMs: 1000 }),
      2000,
    );
    expect(error).toMatchObject({ code: "COPIES_NOT_REACHED", fields: { copies: 3, wanted: 5 } });
    expect(tookMs).toBe(1000);
  });

  test("no time at all, a put says what there is", async () => {
    disconnectAll();
    const { value: error } = await failure(
      a.node.store("file", "text", { wait: "min", waitTimeoutMs: 0 }),
      1000,
    );
    expect(error).toMatchObject({ code: "COPIES_NOT_REACHED", fields: { copies: 1 } });
  });

  test("one copy, a put returns at once", async () => {
    disconnectAll();
    const stored = await within(a.node.store("file", "text", { copies: 1, wait: "all" }), 0);
    expect(stored.value).toMatchObject({ copies: 1, wanted: 1 });
  });
});

describe("a wait for copies that is broken off", () => {
  const isStored = async () => (await a.node.list("")).items.length === 1;

  test("does not say that nothing was stored: it says which copies there are", async () => {
    disconnectAll();
    const stop = new AbortController();
    const put = a.node.store("file", "text", { wait: "all", signal: stop.signal });
    await until("it is stored here", isStored);
    stop.abort();
    expect((await failure(put, 0)).value).toMatchObject({
      code: "COPIES_NOT_REACHED",
      fields: { copies: 1, wanted: 3 },
    });
  });

  test("is no error where none was asked for", async () => {
    stall(b);
    stall(c);
    const stop = new AbortController();
    const put = a.node.store("file", "text", { signal: stop.signal });
    await until("it is stored here", isStored);
    stop.abort();
    expect((await within(put, 0)).value).toMatchObject({ copies: 1, wanted: 3 });
  });

  test("because the node stops, ends before it has stopped", async () => {
    stall(b);
    stall(c);
    const put = codeOf(a.node.store("file", "text", { wait: "all" }));
    await until("it is stored here", isStored);
    const stopped = a.node.stop();
    expect((await within(put, 5000)).value).toBe("COPIES_NOT_REACHED");
    await within(stopped, 5000);
  });
});
