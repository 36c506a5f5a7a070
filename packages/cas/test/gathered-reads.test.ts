import { type Digest, digestOf } from "@gstore/core";
import { describe, expect, test } from "vitest";
import { FaultyFiles, systemError } from "./faulty-files.ts";
import { clockWithoutUpkeep, numberedBlob, openScratch, scratchFolder } from "./scratch.ts";

const BLOBS = 500;

async function storeOf(sizeOf: (index: number) => number) {
  const files = new FaultyFiles();
  const store = await openScratch({ dir: scratchFolder(), files, clock: clockWithoutUpkeep });
  const blobs = Array.from({ length: BLOBS }, (_, index) => numberedBlob(index, sizeOf(index)));
  await Promise.all(blobs.map(({ digest, bytes }) => store.blobs.put(digest, bytes)));
  const getAll = async (digests: readonly Digest[]): Promise<Digest[]> => {
    const found = await Promise.all(digests.map((digest) => store.blobs.get(digest)));
    return found.map(digestOf);
  };
  return { files, digests: blobs.map(({ digest }) => digest), getAll };
}

describe("small reads", () => {
  test("that wait together are done together", async () => {
    const { files, digests, getAll } = await storeOf(() => 1000);
    let reads = 0;
    files.beforeRead = () => void reads++;
    expect(await getAll(digests)).toEqual(digests);
    expect(reads).toBeLessThan(BLOBS / 20);
  });

  test("give what reads one by one give, whatever their sizes and order", async () => {
    // Sizes on both sides of what is read together, and of the gap that is read along.
    const { digests, getAll } = await storeOf((index) => 1 + ((index * 7919) % 50_000));
    const shuffled = digests.map((_, index) => digests[(index * 211) % BLOBS] as Digest);
    expect(await getAll(shuffled)).toEqual(shuffled);
  });

  test("that fail together are tried alone", async () => {
    const { files, digests, getAll } = await storeOf(() => 1000);
    let isFirst = true;
    files.beforeRead = () => {
      if (isFirst) {
        isFirst = false;
        throw systemError("EIO");
      }
    };
    expect(await getAll(digests)).toEqual(digests);
    expect(isFirst).toBe(false);
  });
});
