import { type ErrorCode, GstoreError, TRANSFER_WINDOW_BYTES } from "@gstore/core";
import { HookedBlobStore, HookedEntryStore, MemoryDiskStore } from "@gstore/testing";
import { afterEach, describe, expect, test } from "vitest";
import type { Source, StoreOptions } from "../src/api.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "./support/test-network.ts";
import { codeOf, turns, until } from "./support/waiting.ts";

const MIB = 1024 * 1024;
const LONGEST_KEY = "x".repeat(1024);

let network: TestNetwork;
let blobs: HookedBlobStore;
let entries: HookedEntryStore;
afterEach(() => network.stop());

async function loneNode(): Promise<TestNode> {
  network = new TestNetwork();
  blobs = new HookedBlobStore();
  entries = new HookedEntryStore();
  return await network.node("lone", { disk: new MemoryDiskStore({ blobs, entries }) });
}

/** Nothing of a put is left but blobs that no version names: no key, no entry, no slot, no window. */
async function expectNothing({ node, parts }: TestNode): Promise<void> {
  expect((await node.list("")).items).toEqual([]);
  expect(entries.count()).toBe(0);
  expect(parts.putWindow.inFlight).toBe(0);
  await parts.putSlots.empty();
}

async function expectWorks(one: TestNode): Promise<void> {
  const content = randomBytes(2 * MIB, "later");
  await one.node.store("later", content);
  expect((await readAll(one.node, "later")).equals(content)).toBe(true);
}

async function* slicesOf(content: Buffer, options: { thenThrow?: Error; closed?: () => void } = {}) {
  try {
    for (let at = 0; at < content.length; at += 100_000) yield content.subarray(at, at + 100_000);
    if (options.thenThrow) throw options.thenThrow;
  } finally {
    options.closed?.();
  }
}

const storeFull = () => new GstoreError("STORE_FULL", "The disk is full.", { retryable: true });

describe("a put that can't be finished leaves nothing visible", () => {
  const failures: [what: string, code: ErrorCode, source: () => Source, options: StoreOptions][] = [
    [
      "its source fails half-way",
      "SOURCE_FAILED",
      () => slicesOf(randomBytes(3 * MIB), { thenThrow: new Error("gone") }),
      {},
    ],
    [
      "its source fails with a code",
      "TOO_BUSY",
      () => slicesOf(randomBytes(3 * MIB), { thenThrow: new GstoreError("TOO_BUSY", "later") }),
      {},
    ],
    [
      "its source fails at once",
      "SOURCE_FAILED",
      () => slicesOf(Buffer.alloc(0), { thenThrow: new Error("gone") }),
      {},
    ],
    [
      "its source gives something else than bytes",
      "INVALID_ARGUMENT",
      () => [randomBytes(10), 5] as never,
      {},
    ],
    [
      "its source gives less than announced",
      "SOURCE_CHANGED",
      () => slicesOf(randomBytes(MIB)),
      { size: MIB + 1 },
    ],
    [
      "its source gives more than announced",
      "SOURCE_CHANGED",
      () => slicesOf(randomBytes(MIB)),
      { size: MIB - 1 },
    ],
    ["its source gives nothing though a byte was announced", "SOURCE_CHANGED", () => "", { size: 1 }],
    ["it was cancelled before", "ABORTED", () => "text", { signal: AbortSignal.abort() }],
  ];
  test.each(failures)("because %s: %s", async (_what, code, source, options) => {
    const one = await loneNode();
    expect(await codeOf(one.node.store("key", source(), options))).toBe(code);
    await expectNothing(one);
    await expectWorks(one);
  });

  test("because the disk is full: STORE_FULL, and when there is room again puts work", async () => {
    const one = await loneNode();
    blobs.beforePut = () => {
      if (blobs.puts > 3) throw storeFull();
    };
    expect(await codeOf(one.node.store("key", slicesOf(randomBytes(5 * MIB))))).toBe("STORE_FULL");
    await expectNothing(one);
    blobs.beforePut = null;
    await expectWorks(one);
  });

  test("because the disk is full at the very last blob", async () => {
    const one = await loneNode();
    blobs.beforePut = async (_digest, bytes) => {
      await turns(3);
      // Of a file of more than one chunk the manifest is what comes last and is small.
      if (bytes.length < 10_000) throw storeFull();
    };
    expect(await codeOf(one.node.store("key", randomBytes(5 * MIB)))).toBe("STORE_FULL");
    await expectNothing(one);
  });

  test("because the disk is full when the entry is written", async () => {
    const one = await loneNode();
    entries.beforeAppend = () => {
      throw storeFull();
    };
    expect(await codeOf(one.node.store("key", "text"))).toBe("STORE_FULL");
    await expectNothing(one);
    entries.beforeAppend = null;
    await expectWorks(one);
    expect((await entries.vector()).map(({ seq }) => seq)).toEqual([1]);
  });

  test("because it is cancelled half-way: ABORTED, and the source is closed", async () => {
    const one = await loneNode();
    const stop = new AbortController();
    let isClosed = false;
    const source = slicesOf(randomBytes(8 * MIB), {
      closed: () => {
        isClosed = true;
      },
    });
    const onProgress = ({ bytes }: { bytes: number }) => bytes > 2 * MIB && stop.abort();
    expect(await codeOf(one.node.store("key", source, { signal: stop.signal, onProgress }))).toBe("ABORTED");
    expect(isClosed).toBe(true);
    await expectNothing(one);
    await expectWorks(one);
  });

  test("because it is cancelled while its source gives nothing", async () => {
    const one = await loneNode();
    const stop = new AbortController();
    async function* stuck() {
      yield randomBytes(MIB);
      await new Promise(() => {});
    }
    const put = one.node.store("key", stuck(), { signal: stop.signal });
    await until("the put waits for its source", () => blobs.puts > 0);
    stop.abort();
    expect(await codeOf(put)).toBe("ABORTED");
    await expectNothing(one);
  });

  test("because it is cancelled while the disk does not keep up", async () => {
    const one = await loneNode();
    const stop = new AbortController();
    let goOn = () => {};
    const stuck = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    blobs.beforePut = () => stuck;
    const put = one.node.store("key", slicesOf(randomBytes(2 * TRANSFER_WINDOW_BYTES)), {
      signal: stop.signal,
    });
    await until("the window is full", () => one.parts.putWindow.inFlight > TRANSFER_WINDOW_BYTES - 2 * MIB);
    await turns(50);
    expect(one.parts.putWindow.inFlight).toBeLessThanOrEqual(TRANSFER_WINDOW_BYTES);
    stop.abort();
    goOn();
    expect(await codeOf(put)).toBe("ABORTED");
    await expectNothing(one);
  });
});

describe("a put", () => {
  test("closes its source when the disk fails", async () => {
    const one = await loneNode();
    let isClosed = false;
    const closed = () => {
      isClosed = true;
    };
    blobs.beforePut = () => {
      throw storeFull();
    };
    expect(await codeOf(one.node.store("key", slicesOf(randomBytes(5 * MIB), { closed })))).toBe(
      "STORE_FULL",
    );
    expect(isClosed).toBe(true);
  });

  test("reports its progress and what it stored", async () => {
    const one = await loneNode();
    const content = randomBytes(3 * MIB);
    const progress: number[] = [];
    const stored = await one.node.store("key", slicesOf(content), {
      onProgress: ({ bytes }) => progress.push(bytes),
    });
    expect(progress).toEqual([...progress].sort((left, right) => left - right));
    expect(progress.at(-1)).toBe(content.length);
    expect(stored).toMatchObject({
      key: "key",
      size: content.length,
      copies: 1,
      wanted: 1,
      holders: [{ name: "lone" }],
    });
    expect(stored.storedBytes).toBe(blobs.usage().bytes);
  });

  test("of content that is here already stores no blob again", async () => {
    const one = await loneNode();
    const content = randomBytes(5 * MIB);
    await one.node.store("first", content);
    const before = blobs.usage();
    const stored = await one.node.store("second", slicesOf(content));
    expect(stored.storedBytes).toBe(0);
    expect(blobs.usage()).toEqual(before);
    expect((await readAll(one.node, "second")).equals(content)).toBe(true);
  });

  test("keeps what the user says of the file", async () => {
    const one = await loneNode();
    const said = {
      contentType: "text/plain",
      modifiedMs: -5,
      mode: 0o644,
      userMetadata: { a: "1", ü: "🌍" },
    };
    const { digest, version } = await one.node.store("key", "text", said);
    expect(await one.node.stat("key")).toEqual({
      ...{ key: "key", version, digest, size: 4, ...said },
      storedMs: network.clock.now(),
      author: { peer: one.id, name: "lone" },
    });
  });

  test("of more than the window into a slow disk holds no more than the window", async () => {
    const one = await loneNode();
    let most = 0;
    blobs.beforePut = async () => {
      most = Math.max(most, one.parts.putWindow.inFlight);
      await turns(5);
    };
    const content = randomBytes(2 * TRANSFER_WINDOW_BYTES);
    await one.node.store("key", slicesOf(content));
    expect(most).toBeLessThanOrEqual(TRANSFER_WINDOW_BYTES);
    expect(most).toBeGreaterThan(TRANSFER_WINDOW_BYTES / 2);
    expect(one.parts.putWindow.inFlight).toBe(0);
  });

  test("runs at most sixteen at a time, and the others after them", async () => {
    const one = await loneNode();
    let running = 0;
    let most = 0;
    async function* counted() {
      most = Math.max(most, ++running);
      await turns(2);
      yield randomBytes(10);
      running--;
    }
    await Promise.all(Array.from({ length: 50 }, (_, index) => one.node.store(`key ${index}`, counted())));
    expect(most).toBe(16);
    expect((await one.node.list("")).items).toHaveLength(50);
  });

  const senseless: StoreOptions[] = [
    { copies: 0 },
    { copies: 65 },
    { copies: 1.5 },
    { wait: "soon" as never },
    { waitTimeoutMs: -1 },
    { waitTimeoutMs: Number.NaN },
    { size: -1 },
    { size: 0.5 },
  ];
  test.each(senseless)("refuses %j before it reads anything", async (options) => {
    const one = await loneNode();
    let isRead = false;
    async function* source() {
      isRead = true;
      yield randomBytes(1);
    }
    expect(await codeOf(one.node.store("key", source(), options))).toBe("INVALID_ARGUMENT");
    expect(isRead).toBe(false);
  });

  const refusedKeys = ["", "../../x", "a//b", "/a", "a/", "a\0b", "a/./b", "\ud800", `${LONGEST_KEY}x`];
  test.each(refusedKeys.map((key, index) => ({ index, key })))(
    "refuses unusable key $index",
    async ({ key }) => {
      const one = await loneNode();
      expect(await codeOf(one.node.store(key, "text"))).toBe("INVALID_KEY");
    },
  );

  const unusualKeys = ["a\nb", "🌍/ü", "...", "-", " ", LONGEST_KEY];
  test.each(unusualKeys.map((key, index) => ({ index, key })))(
    "takes unusual key $index",
    async ({ key }) => {
      const one = await loneNode();
      await one.node.store(key, "text");
      expect((await readAll(one.node, key)).toString()).toBe("text");
    },
  );
});
