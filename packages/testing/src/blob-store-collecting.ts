import { type BlobStore, type Digest, digestOf } from "@gstore/core";
import fc from "fast-check";
import { expect, test } from "vitest";

const made = (text: string): { digest: Digest; bytes: Uint8Array } => {
  const bytes = Buffer.from(text);
  return { digest: digestOf(bytes), bytes };
};

/** The part of the blob stores' compliance suite about collecting blobs that nothing names, while others rely on some. */
export function collectingCompliance(current: () => BlobStore): void {
  test("collect deletes what is there, and says what that was", async () => {
    const store = current();
    const [one, two, three] = [made("one"), made("twice"), made("three")];
    for (const { digest, bytes } of [one, two]) await store.put(digest, bytes);
    expect(await store.collect([three.digest, two.digest])).toEqual([{ digest: two.digest, size: 5 }]);
    expect(await store.missing([one.digest, two.digest])).toEqual([two.digest]);
    expect(store.usage()).toEqual({ blobs: 1, bytes: 3 });
    expect(await store.put(two.digest, two.bytes)).toBe(true);
  });

  test("what was put or said to be here under a hold is not collected, until it is released", async () => {
    const store = current();
    const [put, again, asked, other] = [made("put"), made("again"), made("asked"), made("other")];
    for (const { digest, bytes } of [again, asked, other]) await store.put(digest, bytes);
    const hold = store.hold();
    const later = store.hold();
    await store.put(put.digest, put.bytes);
    expect(await store.put(again.digest, again.bytes)).toBe(false);
    await store.missing([asked.digest]);
    later.release();
    const all = [put, again, asked, other].map(({ digest }) => digest);
    expect((await store.collect(all)).map(({ digest }) => digest)).toEqual([other.digest]);
    expect(await store.missing(all)).toEqual([other.digest]);
    hold.release();
    hold.release();
    expect(await store.collect(all)).toHaveLength(3);
    expect(await store.missing(all)).toEqual(all);
  });

  test("a hold protects nothing from before it", async () => {
    const store = current();
    const one = made("one");
    const before = store.hold();
    await store.put(one.digest, one.bytes);
    before.release();
    store.hold();
    expect(await store.collect([one.digest])).toHaveLength(1);
  });

  test("a hold may protect what others do, also when these are gone", async () => {
    const store = current();
    const one = made("one");
    const before = store.hold();
    await store.put(one.digest, one.bytes);
    const hold = store.hold({ others: true });
    before.release();
    expect(await store.collect([one.digest])).toEqual([]);
    hold.release();
    expect(await store.collect([one.digest])).toHaveLength(1);
  });

  test("however they interleave, what a hold was told is here stays here", { timeout: 60_000 }, async () => {
    const kind = fc.constantFrom("put", "missing", "collect", "collect", "turn");
    const steps = fc.array(fc.record({ kind, number: fc.nat(3) }), { minLength: 2, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const store = current();
        const blobs = [0, 1, 2, 3].map((number) => made(`blob ${number}`));
        for (const { digest, bytes } of blobs) await store.put(digest, bytes);
        const hold = store.hold();
        const relied = new Set<Digest>();
        const running: Promise<unknown>[] = [];
        for (const { kind: what, number } of list) {
          const { digest, bytes } = blobs[number] as (typeof blobs)[number];
          if (what === "put") running.push(store.put(digest, bytes).then(() => relied.add(digest)));
          if (what === "missing") {
            const asked = store.missing([digest]);
            running.push(asked.then(([gone]) => gone === undefined && relied.add(digest)));
          }
          if (what === "collect") running.push(store.collect(blobs.map((blob) => blob.digest)));
          if (what === "turn") await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(running);
        expect(await store.missing([...relied])).toEqual([]);
        for (const digest of relied) await store.get(digest);
        hold.release();
        await store.collect(blobs.map(({ digest }) => digest));
      }),
      { numRuns: 40 },
    );
  });
}
