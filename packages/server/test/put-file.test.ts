import { GstoreError, TRANSFER_WINDOW_BYTES } from "@gstore/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { StoreOptions } from "../src/api.ts";
import { BlobPush } from "../src/replication/blob-push.ts";
import { type LoneNode, loneNode, slicesOf } from "./support/lone-node.ts";
import { randomBytes, readAll } from "./support/test-network.ts";
import { codeOf, turns } from "./support/waiting.ts";

const MIB = 1024 * 1024;
const LONGEST_KEY = "x".repeat(1024);

let one: LoneNode;
afterEach(() => one.all.stop());

describe("a put", () => {
  test("is readable where the memory of a chunk was taken back before its place in the manifest was written", async () => {
    one = await loneNode();
    // As a sealing thread does it: the memory is gone from here at once.
    one.parts.sealer.recycle = ({ buffer }) =>
      void structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    // A target that has all of it says so once it is synced here.
    const offer = vi.spyOn(BlobPush.prototype, "offer").mockImplementation(() => turns(5));
    const content = randomBytes(5 * MIB);
    await one.node.store("key", slicesOf(content));
    expect(offer).toHaveBeenCalled();
    offer.mockRestore();
    expect((await readAll(one.node, "key")).equals(content)).toBe(true);
  });

  test("closes its source when the disk fails", async () => {
    one = await loneNode();
    let isClosed = false;
    const closed = () => {
      isClosed = true;
    };
    one.blobs.beforePut = () => {
      throw new GstoreError("STORE_FULL", "The disk is full.");
    };
    expect(await codeOf(one.node.store("key", slicesOf(randomBytes(5 * MIB), { closed })))).toBe(
      "STORE_FULL",
    );
    expect(isClosed).toBe(true);
  });

  test("reports its progress and what it stored", async () => {
    one = await loneNode();
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
    expect(stored.storedBytes).toBe(one.blobs.usage().bytes);
  });

  test("of content that is here already stores no blob again", async () => {
    one = await loneNode();
    const content = randomBytes(5 * MIB);
    await one.node.store("first", content);
    const before = one.blobs.usage();
    const stored = await one.node.store("second", slicesOf(content));
    expect(stored.storedBytes).toBe(0);
    expect(one.blobs.usage()).toEqual(before);
    expect((await readAll(one.node, "second")).equals(content)).toBe(true);
  });

  test("keeps what the user says of the file", async () => {
    one = await loneNode();
    const said = {
      contentType: "text/plain",
      modifiedMs: -5,
      mode: 0o644,
      userMetadata: { a: "1", ü: "🌍" },
    };
    const { digest, version } = await one.node.store("key", "text", said);
    expect(await one.node.stat("key")).toEqual({
      ...{ key: "key", version, digest, size: 4, ...said },
      storedMs: one.all.clock.now(),
      author: { peer: one.id, name: "lone" },
    });
  });

  test("of more than the window into a slow disk holds no more than the window", async () => {
    one = await loneNode();
    let most = 0;
    one.blobs.beforePut = async () => {
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
    one = await loneNode();
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
    one = await loneNode();
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
      one = await loneNode();
      expect(await codeOf(one.node.store(key, "text"))).toBe("INVALID_KEY");
    },
  );

  const unusualKeys = ["a\nb", "🌍/ü", "...", "-", " ", LONGEST_KEY];
  test.each(unusualKeys.map((key, index) => ({ index, key })))(
    "takes unusual key $index",
    async ({ key }) => {
      one = await loneNode();
      await one.node.store(key, "text");
      expect((await readAll(one.node, key)).toString()).toBe("text");
    },
  );
});
