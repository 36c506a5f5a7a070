import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type LoneNode, loneNode, slicesOf } from "../support/lone-node.ts";
import { randomBytes, readAll } from "../support/test-network.ts";
import { codeOf } from "../support/waiting.ts";

const MIB = 1024 * 1024;
const content = randomBytes(8 * MIB);

let one: LoneNode;
beforeEach(async () => {
  one = await loneNode();
  await one.node.store("key", content);
});
afterEach(() => one.all.stop());

/** Stores a file and counts its chunks: those that were sealed, and those that were known. */
async function storeCounting(key: string, bytes: Buffer): Promise<{ sealed: number; known: number }> {
  const seal = vi.spyOn(one.parts.sealer, "seal");
  await one.node.store(key, slicesOf(bytes));
  const outcomes = await Promise.all(seal.mock.results.map(({ value }) => value));
  seal.mockRestore();
  const known = outcomes.filter((outcome) => "known" in outcome).length;
  return { sealed: outcomes.length - known, known };
}

function edited(): Buffer {
  return Buffer.concat([content.subarray(0, 4 * MIB), Buffer.from("edit"), content.subarray(4 * MIB)]);
}

describe("a put over an earlier version", () => {
  test("seals only the first chunk and what has changed", async () => {
    const { sealed, known } = await storeCounting("key", edited());
    expect(known).toBeGreaterThan(10);
    expect(sealed).toBeLessThan(6);
    expect((await readAll(one.node, "key")).equals(edited())).toBe(true);
  });

  test("of another key seals all anew", async () => {
    expect((await storeCounting("other", content)).known).toBe(0);
  });

  test("reads what is known from the same blobs: nothing but the edit is stored", async () => {
    const { storedBytes } = await one.node.store("key", edited());
    expect(storedBytes).toBeLessThan(3 * MIB);
  });

  test("seals what the store lacks or has damaged", async () => {
    const [first] = await digests();
    await one.blobs.delete((await digests()).slice(0, 10));
    expect(first).toBeDefined();
    const { sealed } = await storeCounting("key", content);
    expect(sealed).toBeGreaterThan(5);
    expect((await readAll(one.node, "key")).equals(content)).toBe(true);
  });

  test("that can't use a known chunk, for it was deleted meanwhile, makes no version", async () => {
    const before = await one.node.stat("key");
    async function* source() {
      yield* slicesOf(edited());
      await one.blobs.delete(await digests());
    }
    const put = one.node.store("key", source());
    expect(await codeOf(put)).toBe("BLOB_NOT_FOUND");
    expect((await one.node.stat("key")).version).toBe(before.version);
  });
});

async function digests() {
  const found = [];
  for await (const { digest } of one.blobs.list()) found.push(digest);
  return found;
}
