import { spaceIdFromBytes } from "@gstore/core";
import { MemoryBlobStore } from "@gstore/testing";
import { expect, test } from "vitest";
import { knownChunks } from "../../src/sealing/known-chunks.ts";
import { buildTree, numberedChunks, seededKeys } from "../support/chunks.ts";

const keys = seededKeys();
const [id, other] = [1, 2].map((fill) => spaceIdFromBytes(new Uint8Array(16).fill(fill))) as [
  ReturnType<typeof spaceIdFromBytes>,
  ReturnType<typeof spaceIdFromBytes>,
];

// What is reused is sent to whoever holds the space, and a manifest may name any digest.
test.each([1, 100])("of a version of %i chunks none is known that is another space's blob", async (count) => {
  const built = await buildTree(keys, numberedChunks(count));
  if (built.tree === null) throw new Error("there are chunks");
  const { secret, root } = built.tree;
  const nodes = new Set(built.nodes);
  const blobs = new MemoryBlobStore();
  for await (const { digest } of built.blobs.list()) {
    const bytes = await built.blobs.get(digest);
    await blobs.put(digest, bytes, { space: nodes.has(digest) ? id : other });
  }
  expect(await knownChunks(blobs, { id, keys }, { root, secret })).toBeNull();
  const own = await knownChunks(built.blobs, { id, keys }, { root, secret });
  expect(own?.chunks).toHaveLength(count);
});
