import {
  CHUNK_BYTES_MIN,
  type ErrorCode,
  GstoreError,
  PUTS_AT_ONCE_MAX,
  SMALL_FILE_BYTES_MAX,
  SMALL_PUTS_AT_ONCE_MAX,
} from "@gstore/core";
import { afterEach, describe, expect, test } from "vitest";
import type { Source, StoreOptions } from "../src/api.ts";
import { expectNothing, expectWorks, type LoneNode, loneNode, slicesOf } from "./support/lone-node.ts";
import { randomBytes, readAll } from "./support/test-network.ts";
import { codeOf, turns, until } from "./support/waiting.ts";

let one: LoneNode;
afterEach(() => one.all.stop());

test("no file that is taken for small has more than one chunk", async () => {
  one = await loneNode();
  expect(SMALL_FILE_BYTES_MAX).toBeLessThanOrEqual(CHUNK_BYTES_MIN);
});

describe("a small file", () => {
  const sources: [what: string, make: (content: Buffer) => [Source, StoreOptions?]][] = [
    ["bytes", (content) => [content]],
    ["a stream whose size was announced", (content) => [pieces(content), { size: content.length }]],
    ["a stream whose size is not known", (content) => [pieces(content)]],
  ];
  const sizes = [0, 1, 4096, SMALL_FILE_BYTES_MAX, SMALL_FILE_BYTES_MAX + 1];
  const cases = sources.flatMap(([what, make]) => sizes.map((size) => [size, what, make] as const));
  test.each(cases)("of %i bytes is read again as it was, given as %s", async (size, _what, make) => {
    one = await loneNode();
    for (const content of [randomBytes(size, `random ${size}`), Buffer.alloc(size, "compressible ")]) {
      const stored = await one.node.store("key", ...make(content));
      expect((await readAll(one.node, "key")).equals(content)).toBe(true);
      expect(await one.node.stat("key")).toMatchObject({
        size,
        digest: stored.digest,
        version: stored.version,
      });
    }
  });

  test("has one digest however it was given, and however it was sealed", async () => {
    one = await loneNode();
    for (const content of [randomBytes(4096), Buffer.alloc(4096, "compressible ")]) {
      const stored = await Promise.all(sources.map(([what, make]) => one.node.store(what, ...make(content))));
      const { digest } = await one.node.store(
        "large",
        slicesOf(Buffer.concat([content, randomBytes(100_000)])),
      );
      expect(new Set([...stored.map((file) => file.digest), digest]).size).toBe(2);
    }
  });

  test("keeps what is said of it, and tells its progress", async () => {
    one = await loneNode();
    const said = { contentType: "text/plain", modifiedMs: 5, mode: 0o600, userMetadata: { a: "b" } };
    const progress: number[] = [];
    await one.node.store("key", "text", { ...said, onProgress: ({ bytes }) => progress.push(bytes) });
    expect(await one.node.stat("key")).toMatchObject({ size: 4, ...said });
    expect(progress).toEqual([4]);
  });

  test("of content that is here already stores no blob again", async () => {
    one = await loneNode();
    const content = randomBytes(4096);
    const first = await one.node.store("first", content);
    expect(first.storedBytes).toBe(one.blobs.usage().bytes);
    expect((await one.node.store("second", content)).storedBytes).toBe(0);
    expect((await one.node.store("empty", "")).storedBytes).toBe(0);
    expect(one.blobs.usage().blobs).toBe(1);
  });
});

describe("a small file that can't be stored leaves nothing visible", () => {
  const failures: [what: string, code: ErrorCode, source: () => Source, options: StoreOptions][] = [
    ["its bytes are fewer than announced", "SOURCE_CHANGED", () => "text", { size: 5 }],
    ["its bytes are more than announced", "SOURCE_CHANGED", () => "text", { size: 3 }],
    ["its stream gives less", "SOURCE_CHANGED", () => slicesOf(randomBytes(10)), { size: 11 }],
    ["its stream gives more", "SOURCE_CHANGED", () => slicesOf(randomBytes(10)), { size: 9 }],
    ["its stream gives more than none", "SOURCE_CHANGED", () => slicesOf(randomBytes(10)), { size: 0 }],
    [
      "its stream fails",
      "SOURCE_FAILED",
      () => slicesOf(randomBytes(10), { thenThrow: new Error("gone") }),
      { size: 10 },
    ],
    ["it was cancelled before", "ABORTED", () => randomBytes(10), { signal: AbortSignal.abort() }],
  ];
  test.each(failures)("because %s: %s", async (_what, code, source, options) => {
    one = await loneNode();
    expect(await codeOf(one.node.store("key", source(), options))).toBe(code);
    expect(one.blobs.usage().blobs).toBe(0);
    await expectNothing(one);
    await expectWorks(one);
  });

  test("because its blob can't be stored: no entry is written", async () => {
    one = await loneNode();
    one.blobs.beforePut = () => {
      throw new GstoreError("STORE_FULL", "The disk is full.", { retryable: true });
    };
    let appends = 0;
    one.entries.beforeAppend = () => void appends++;
    expect(await codeOf(one.node.store("key", "text"))).toBe("STORE_FULL");
    expect(appends).toBe(0);
    await expectNothing(one);
    one.blobs.beforePut = null;
    await expectWorks(one);
  });

  test("because it is cancelled while its stream gives nothing", async () => {
    one = await loneNode();
    const stop = new AbortController();
    let isReading = false;
    async function* stuck() {
      isReading = true;
      await new Promise(() => {});
      yield randomBytes(1);
    }
    const put = one.node.store("key", stuck(), { size: 10, signal: stop.signal });
    await until("the put waits for its source", () => isReading);
    stop.abort();
    expect(await codeOf(put)).toBe("ABORTED");
    await expectNothing(one);
  });
});

describe("small files put together", () => {
  test("share appends, as many as may run at once", async () => {
    one = await loneNode();
    const batches: number[] = [];
    one.entries.beforeAppend = async (batch) => {
      batches.push(batch.length);
      await turns(3);
    };
    const count = 2 * SMALL_PUTS_AT_ONCE_MAX;
    await Promise.all(
      Array.from({ length: count }, (_, index) => one.node.store(`key ${index}`, `${index}`)),
    );
    expect(Math.max(...batches)).toBeLessThanOrEqual(SMALL_PUTS_AT_ONCE_MAX);
    expect(batches.length).toBeLessThan(20);
    expect(one.entries.count()).toBe(count);
    for (const index of [0, 500, count - 1])
      expect((await readAll(one.node, `key ${index}`)).toString()).toBe(String(index));
  });

  test("and large ones hold no more than so many large ones would", async () => {
    one = await loneNode();
    let goOn = () => {};
    const stuck = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let reading = 0;
    async function* slow() {
      reading++;
      await stuck;
      yield Buffer.from("slow");
    }
    const large = Array.from({ length: PUTS_AT_ONCE_MAX - 1 }, (_, index) =>
      one.node.store(`large ${index}`, slow()),
    );
    const small = Array.from({ length: 100 }, (_, index) =>
      one.node.store(`small ${index}`, slow(), { size: 4 }),
    );
    const more = Array.from({ length: PUTS_AT_ONCE_MAX }, (_, index) =>
      one.node.store(`more ${index}`, slow()),
    );
    await turns(20);
    expect(reading).toBe(PUTS_AT_ONCE_MAX - 1 + SMALL_PUTS_AT_ONCE_MAX / PUTS_AT_ONCE_MAX);
    goOn();
    await Promise.all([...large, ...small, ...more]);
    expect(one.entries.count()).toBe(2 * PUTS_AT_ONCE_MAX - 1 + 100);
  });
});

async function* pieces(content: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 1000) yield content.subarray(at, at + 1000);
}
