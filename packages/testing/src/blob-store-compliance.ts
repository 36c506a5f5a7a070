import {
  BLOB_BYTES_MAX,
  type BlobInfo,
  type BlobStore,
  type Digest,
  digestOf,
  type ErrorCode,
  spaceIdFromBytes,
} from "@gstore/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { collectingCompliance } from "./blob-store-collecting.ts";

/** An implementation under test. */
export interface BlobStoreUnderTest {
  readonly store: BlobStore;
  close(): Promise<void>;
  /** Changes a byte of a stored blob behind the store's back. */
  damage(digest: Digest): Promise<void>;
}

const refusal = (code: ErrorCode): object => expect.objectContaining({ name: "GstoreError", code });

function blob(text: string): { digest: Digest; bytes: Uint8Array } {
  const bytes = Buffer.from(text);
  return { digest: digestOf(bytes), bytes };
}

/** What every {@link BlobStore} does. */
export function blobStoreCompliance(name: string, open: () => Promise<BlobStoreUnderTest>): void {
  describe(`${name} is a BlobStore`, () => {
    let tested: BlobStoreUnderTest;
    let store: BlobStore;
    beforeEach(async () => {
      tested = await open();
      store = tested.store;
    });
    afterEach(() => tested.close());

    puttingAndGetting(() => store);
    collectingCompliance(() => store);
    deletingAndListing(() => store);
    damages(() => tested);
    spaces(() => tested);

    test("after close everything rejects with STORE_CLOSED", async () => {
      const one = blob("one");
      await store.put(one.digest, one.bytes);
      await tested.close();
      await expect(store.put(one.digest, one.bytes)).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(store.get(one.digest)).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(store.missing([one.digest])).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(store.delete([one.digest])).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(store.verify()).rejects.toThrow(refusal("STORE_CLOSED"));
      await expect(listAll(store)).rejects.toThrow(refusal("STORE_CLOSED"));
    });
  });
}

function puttingAndGetting(current: () => BlobStore): void {
  test("put resolves true for a new blob and false for a known one, and get gives its bytes", async () => {
    const store = current();
    const one = blob("one");
    expect(await store.put(one.digest, one.bytes)).toBe(true);
    expect(await store.put(one.digest, one.bytes)).toBe(false);
    expect(Buffer.from(await store.get(one.digest))).toEqual(Buffer.from(one.bytes));
    expect(store.usage()).toEqual({ blobs: 1, bytes: 3 });
  });

  test.each([0, 1, 4095, 4096, 4097, 65_536, 1_000_003, BLOB_BYTES_MAX])(
    "a blob of %i bytes comes back",
    async (size) => {
      const store = current();
      const bytes = Buffer.alloc(size, "gstore");
      const digest = digestOf(bytes);
      await store.put(digest, bytes);
      expect(Buffer.compare(await store.get(digest), bytes)).toBe(0);
    },
  );

  test("put rejects bytes that do not hash to the digest", async () => {
    const store = current();
    const { digest } = blob("one");
    await expect(store.put(digest, Buffer.from("two"))).rejects.toThrow(refusal("DIGEST_MISMATCH"));
    expect(await store.missing([digest])).toEqual([digest]);
  });

  test("put rejects a blob above the maximum", async () => {
    const bytes = Buffer.alloc(BLOB_BYTES_MAX + 1);
    await expect(current().put(digestOf(bytes), bytes)).rejects.toThrow(refusal("TOO_LARGE"));
  });

  test("many puts of one blob at once store it once", async () => {
    const store = current();
    const one = blob("one");
    const results = await Promise.all(Array.from({ length: 20 }, () => store.put(one.digest, one.bytes)));
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(store.usage()).toEqual({ blobs: 1, bytes: 3 });
  });

  test("a signal that has fired stops a put and a get", async () => {
    const store = current();
    const one = blob("one");
    const signal = AbortSignal.abort();
    await expect(store.put(one.digest, one.bytes, { signal })).rejects.toThrow(refusal("ABORTED"));
    await store.put(one.digest, one.bytes);
    await expect(store.get(one.digest, { signal })).rejects.toThrow(refusal("ABORTED"));
  });

  test("get rejects with BLOB_NOT_FOUND for what is not here", async () => {
    await expect(current().get(blob("one").digest)).rejects.toThrow(refusal("BLOB_NOT_FOUND"));
  });

  test("what get gives is the caller's own", async () => {
    const store = current();
    const one = blob("one");
    await store.put(one.digest, one.bytes);
    (await store.get(one.digest)).fill(0);
    expect(Buffer.from(await store.get(one.digest)).toString()).toBe("one");
  });

  test("missing keeps the order of what it was asked", async () => {
    const store = current();
    const [one, two, three] = [blob("one"), blob("two"), blob("three")];
    await store.put(two.digest, two.bytes);
    expect(await store.missing([three.digest, two.digest, one.digest])).toEqual([three.digest, one.digest]);
  });
}

function deletingAndListing(current: () => BlobStore): void {
  test("delete removes what is there and passes over the rest", async () => {
    const store = current();
    const [one, two] = [blob("one"), blob("two")];
    await store.put(one.digest, one.bytes);
    await store.delete([one.digest, two.digest]);
    await expect(store.get(one.digest)).rejects.toThrow(refusal("BLOB_NOT_FOUND"));
    expect(store.usage()).toEqual({ blobs: 0, bytes: 0 });
    expect(await store.put(one.digest, one.bytes)).toBe(true);
  });

  test("a put during the deletion of the same blob stays", async () => {
    const store = current();
    const one = blob("one");
    await store.put(one.digest, one.bytes);
    await Promise.all([store.delete([one.digest]), store.put(one.digest, one.bytes)]);
    expect(Buffer.from(await store.get(one.digest)).toString()).toBe("one");
  });

  test("list gives every blob in order of digest", async () => {
    const store = current();
    const blobs = Array.from({ length: 2500 }, (_, index) => blob(`blob ${index}`));
    await Promise.all(blobs.map(({ digest, bytes }) => store.put(digest, bytes)));
    const expected = blobs.map(({ digest, bytes }) => ({ digest, size: bytes.length }));
    expected.sort((left, right) => (left.digest < right.digest ? -1 : 1));
    expect(await listAll(store)).toEqual(expected);
    await store.delete(expected.slice(0, 2000).map(({ digest }) => digest));
    expect(await listAll(store)).toEqual(expected.slice(2000));
  });
}

function damages(current: () => BlobStoreUnderTest): void {
  test("a damaged blob is never served, is missing, and is replaced by a put", async () => {
    const { store, damage } = current();
    const [one, two] = [blob("one, long enough"), blob("two, long enough")];
    await store.put(one.digest, one.bytes);
    await store.put(two.digest, two.bytes);
    await damage(one.digest);
    await expect(store.get(one.digest)).rejects.toThrow(refusal("BLOB_DAMAGED"));
    expect(await store.missing([one.digest, two.digest])).toEqual([one.digest]);
    expect((await store.verify()).damaged.map(({ digest }) => digest)).toEqual([one.digest]);
    expect(await store.put(one.digest, one.bytes)).toBe(true);
    expect(Buffer.from(await store.get(one.digest)).toString()).toBe("one, long enough");
    expect((await store.verify()).damaged).toEqual([]);
  });

  test("a damaged blob is listed where that is asked for, and can be collected", async () => {
    const { store, damage } = current();
    const [one, two] = [blob("one, long enough"), blob("two, long enough")];
    for (const { digest, bytes } of [one, two]) await store.put(digest, bytes);
    await damage(one.digest);
    await expect(store.get(one.digest)).rejects.toThrow(refusal("BLOB_DAMAGED"));
    const digestsOf = async (damaged: boolean): Promise<string[]> => {
      const digests: string[] = [];
      for await (const { digest } of store.list({ damaged })) digests.push(digest);
      return digests;
    };
    expect(await digestsOf(false)).toEqual([two.digest]);
    expect(await digestsOf(true)).toEqual([one.digest, two.digest].sort());
    expect((await store.collect([one.digest])).map(({ digest }) => digest)).toEqual([one.digest]);
    expect(await digestsOf(true)).toEqual([two.digest]);
    await expect(store.get(one.digest)).rejects.toThrow(refusal("BLOB_NOT_FOUND"));
  });

  test("verify reports damage by digest and counts what it has read", async () => {
    const { store, damage } = current();
    const blobs = Array.from({ length: 50 }, (_, index) => blob(`blob number ${index}`));
    await Promise.all(blobs.map(({ digest, bytes }) => store.put(digest, bytes)));
    const bytes = blobs.reduce((sum, one) => sum + one.bytes.length, 0);
    expect(await store.verify()).toMatchObject({ blobs: 50, bytes, damaged: [], damagedSpans: [] });
    const hit = [blobs[3], blobs[40]].map((one) => (one as (typeof blobs)[0]).digest);
    for (const digest of hit) await damage(digest);
    const report = await store.verify();
    expect(report.damaged.map(({ digest }) => digest).sort()).toEqual(hit.sort());
    expect(await store.missing(blobs.map(({ digest }) => digest))).toEqual(expect.arrayContaining(hit));
    await expect(store.verify({ signal: AbortSignal.abort() })).rejects.toThrow(refusal("ABORTED"));
  });
}

function spaces(current: () => BlobStoreUnderTest): void {
  const space = spaceIdFromBytes(new Uint8Array(16).fill(1));
  const other = spaceIdFromBytes(new Uint8Array(16).fill(2));

  test("a blob that was put for a space is missing for another one", async () => {
    const { store } = current();
    const [one, two] = [blob("one"), blob("two")];
    await store.put(one.digest, one.bytes, { space });
    await store.put(two.digest, two.bytes, { space: other });
    const both = [one.digest, two.digest];
    expect(await store.missing(both, { space })).toEqual([two.digest]);
    expect(await store.missing(both, { space: other })).toEqual([one.digest]);
    expect(await store.missing(both)).toEqual([]);
    expect(Buffer.from(await store.get(one.digest, { space })).toString()).toBe("one");
    expect(Buffer.from(await store.get(one.digest)).toString()).toBe("one");
    await expect(store.get(one.digest, { space: other })).rejects.toThrow(refusal("BLOB_NOT_FOUND"));
  });

  test.each([
    [
      "one after the other",
      async (puts: (() => Promise<boolean>)[]) => [await puts[0]?.(), await puts[1]?.()],
    ],
    ["at once", (puts: (() => Promise<boolean>)[]) => Promise.all(puts.map((put) => put()))],
  ])("a blob that is put for two spaces, %s, is there for both, and counted once", async (_how, run) => {
    const { store } = current();
    const { digest, bytes } = blob("one");
    const put = (one: typeof space) => () => store.put(digest, bytes, { space: one });
    expect(await run([put(space), put(other)])).toEqual([true, false]);
    for (const one of [space, other]) {
      expect(await store.missing([digest], { space: one })).toEqual([]);
      expect(Buffer.from(await store.get(digest, { space: one })).toString()).toBe("one");
    }
    expect(store.usage()).toEqual({ blobs: 1, bytes: 3 });
    expect(await store.put(digest, bytes, { space })).toBe(false);
  });

  test("a blob that was put for no certain space is there for all", async () => {
    const { store } = current();
    const [one, two] = [blob("one"), blob("two")];
    await store.put(one.digest, one.bytes);
    await store.put(two.digest, two.bytes, { space });
    await store.put(two.digest, two.bytes);
    expect(await store.missing([one.digest, two.digest], { space: other })).toEqual([]);
  });

  test("a damaged blob that comes for another space is there for both", async () => {
    const { store, damage } = current();
    const { digest, bytes } = blob("one, long enough");
    await store.put(digest, bytes, { space });
    await damage(digest);
    await expect(store.get(digest, { space })).rejects.toThrow(refusal("BLOB_DAMAGED"));
    expect(await store.put(digest, bytes, { space: other })).toBe(true);
    for (const one of [space, other]) expect(await store.missing([digest], { space: one })).toEqual([]);
  });

  test("a blob that was deleted and comes for another space is that one's alone", async () => {
    const { store } = current();
    const { digest, bytes } = blob("one");
    await store.put(digest, bytes, { space });
    await store.delete([digest]);
    expect(await store.put(digest, bytes, { space: other })).toBe(true);
    expect(await store.missing([digest], { space })).toEqual([digest]);
    expect(await store.missing([digest], { space: other })).toEqual([]);
  });
}

async function listAll(store: BlobStore): Promise<BlobInfo[]> {
  const found: BlobInfo[] = [];
  for await (const info of store.list()) found.push(info);
  return found;
}
