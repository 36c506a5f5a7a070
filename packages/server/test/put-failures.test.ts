import { type ErrorCode, GstoreError, TRANSFER_WINDOW_BYTES } from "@gstore/core";
import { afterEach, describe, expect, test } from "vitest";
import type { Source, StoreOptions } from "../src/api.ts";
import { expectNothing, expectWorks, type LoneNode, loneNode, slicesOf } from "./support/lone-node.ts";
import { randomBytes } from "./support/test-network.ts";
import { codeOf, turns, until } from "./support/waiting.ts";

const MIB = 1024 * 1024;

let one: LoneNode;
afterEach(() => one.all.stop());

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
    one = await loneNode();
    expect(await codeOf(one.node.store("key", source(), options))).toBe(code);
    await expectNothing(one);
    await expectWorks(one);
  });

  test("because the disk is full: STORE_FULL, and when there is room again puts work", async () => {
    one = await loneNode();
    one.blobs.beforePut = () => {
      if (one.blobs.puts > 3) throw storeFull();
    };
    expect(await codeOf(one.node.store("key", slicesOf(randomBytes(5 * MIB))))).toBe("STORE_FULL");
    await expectNothing(one);
    one.blobs.beforePut = null;
    await expectWorks(one);
  });

  test("because the disk is full at the very last blob", async () => {
    one = await loneNode();
    one.blobs.beforePut = async (_digest, bytes) => {
      await turns(3);
      // Of a file of more than one chunk the manifest is what comes last and is small.
      if (bytes.length < 10_000) throw storeFull();
    };
    expect(await codeOf(one.node.store("key", randomBytes(5 * MIB)))).toBe("STORE_FULL");
    await expectNothing(one);
  });

  test("because the disk is full when the entry is written", async () => {
    one = await loneNode();
    one.entries.beforeAppend = () => {
      throw storeFull();
    };
    expect(await codeOf(one.node.store("key", "text"))).toBe("STORE_FULL");
    await expectNothing(one);
    one.entries.beforeAppend = null;
    await expectWorks(one);
    expect((await one.entries.vector()).map(({ seq }) => seq)).toEqual([1]);
  });

  test("because it is cancelled half-way: ABORTED, and the source is closed", async () => {
    one = await loneNode();
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
    one = await loneNode();
    const stop = new AbortController();
    async function* stuck() {
      yield randomBytes(MIB);
      await new Promise(() => {});
    }
    const put = one.node.store("key", stuck(), { signal: stop.signal });
    await until("the put waits for its source", () => one.blobs.puts > 0);
    stop.abort();
    expect(await codeOf(put)).toBe("ABORTED");
    await expectNothing(one);
  });

  test("because it is cancelled while the disk does not keep up", async () => {
    one = await loneNode();
    const stop = new AbortController();
    let goOn = () => {};
    const stuck = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    one.blobs.beforePut = () => stuck;
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
