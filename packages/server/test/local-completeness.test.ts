import {
  BLOB_BYTES_MAX,
  type ContentRoot,
  type Digest,
  digestOf,
  encodeCbor,
  encodeManifestNode,
  GstoreError,
  MANIFEST_LEVELS_MAX,
  type ManifestChild,
  spaceIdFromBytes,
} from "@gstore/core";
import { HookedBlobStore } from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { isComplete, type MissingBlob, missingBlobs } from "../src/replication/local-completeness.ts";
import { buildTree, numberedChunks, seededKeys } from "./support/chunks.ts";
import { codeOf } from "./support/waiting.ts";

const keys = seededKeys();
const space = spaceIdFromBytes(new Uint8Array(16).fill(1));

async function missingOf(blobs: HookedBlobStore, root: ContentRoot): Promise<MissingBlob[]> {
  const missing: MissingBlob[] = [];
  for await (const one of missingBlobs(blobs, space, root)) missing.push(one);
  return missing;
}

const shared = buildTree(keys, numberedChunks(1500));

/** A tree of 1500 chunks on two levels, all of it here. */
async function builtHere() {
  const built = await shared;
  const blobs = new HookedBlobStore();
  for await (const { digest } of built.blobs.list()) await blobs.put(digest, await built.blobs.get(digest));
  if (built.tree === null) throw new Error("there are chunks");
  return { ...built, blobs, root: built.tree.root };
}

/** Stores a node as a member without keys could make it: nobody looks at its sealed part here. */
async function storeNode(
  blobs: HookedBlobStore,
  level: number,
  children: readonly ManifestChild[],
): Promise<ManifestChild> {
  const blob = encodeManifestNode({ level, children, sealed: Uint8Array.of(level) });
  await blobs.put(digestOf(blob), blob);
  return { digest: digestOf(blob), size: blob.length };
}

describe("what is missing of a version", () => {
  test("is nothing where all of it is here, or where it has no content", async () => {
    const { blobs, root } = await builtHere();
    expect(await missingOf(blobs, root)).toEqual([]);
    expect(await isComplete(blobs, { space, content: root })).toBe(true);
    expect(await isComplete(blobs, { space, content: null })).toBe(true);
  });

  test("is its one chunk", async () => {
    const blobs = new HookedBlobStore();
    const root = { level: 0, digest: digestOf(Buffer.from("chunk")), size: 5 };
    expect(await missingOf(blobs, root)).toEqual([{ digest: root.digest, level: 0 }]);
    expect(await isComplete(blobs, { space, content: root })).toBe(false);
  });

  test("is what was deleted, chunks and nodes, and nothing below a missing node", async () => {
    const { blobs, root, nodes } = await builtHere();
    const [node] = nodes as [Digest];
    const chunk = keys.sealChunk({ bytes: Buffer.from("chunk 1499;"), codec: "none", plainSize: 11 }).digest;
    await blobs.delete([node, chunk]);
    expect(await missingOf(blobs, root)).toEqual([
      { digest: node, level: 1 },
      { digest: chunk, level: 0 },
    ]);
    expect(await isComplete(blobs, { space, content: root })).toBe(false);
  });

  test("is the root alone where that is missing", async () => {
    const { blobs, root } = await builtHere();
    await blobs.delete([root.digest]);
    expect(await missingOf(blobs, root)).toEqual([{ digest: root.digest, level: 2 }]);
  });

  test("is a node that is damaged", async () => {
    const { blobs, root, nodes } = await builtHere();
    blobs.memory.damage(nodes[3] as Digest);
    expect(await missingOf(blobs, root)).toContainEqual({ digest: nodes[3], level: 1 });
  });

  test("is not known where the disk fails", async () => {
    const { blobs, root } = await builtHere();
    blobs.beforeGet = () => {
      throw new GstoreError("STORE_IO", "no");
    };
    expect(await codeOf(isComplete(blobs, { space, content: root }))).toBe("STORE_IO");
  });

  test("is what is here as another space's", async () => {
    const { blobs, root } = await builtHere();
    const other = spaceIdFromBytes(new Uint8Array(16).fill(2));
    const bytes = await blobs.get(root.digest);
    await blobs.delete([root.digest]);
    await blobs.put(root.digest, bytes, { space: other });
    expect(await missingOf(blobs, root)).toEqual([{ digest: root.digest, level: root.level }]);
    expect(await isComplete(blobs, { space: other, content: root })).toBe(true);
    const chunk = { level: 0, digest: root.digest, size: bytes.length };
    expect(await isComplete(blobs, { space, content: chunk })).toBe(false);
  });

  test("is found without reading chunks", async () => {
    const { blobs, root, nodes } = await builtHere();
    blobs.gets = 0;
    await missingOf(blobs, root);
    expect(blobs.gets).toBe(nodes.length);
  });
});

describe("a tree that a hostile member made", () => {
  test("is walked once for each node, however often the nodes name each other's children", async () => {
    const blobs = new HookedBlobStore();
    let child: ManifestChild = { digest: digestOf(Buffer.from("missing")), size: 7 };
    // Eight nodes of some 140 KiB, which as a tree have 4096^8 leaves.
    for (let level = 1; level <= MANIFEST_LEVELS_MAX; level++) {
      child = await storeNode(blobs, level, Array<ManifestChild>(4096).fill(child));
    }
    const root = { level: MANIFEST_LEVELS_MAX, ...child };
    blobs.gets = 0;
    expect((await missingOf(blobs, root)).length).toBeLessThanOrEqual(4096);
    expect(blobs.gets).toBeLessThanOrEqual(2 * MANIFEST_LEVELS_MAX);
    await blobs.put(digestOf(Buffer.from("missing")), Buffer.from("missing"));
    expect(await isComplete(blobs, { space, content: root })).toBe(true);
  });

  test("ends where a node is of another level than its parent says", async () => {
    const blobs = new HookedBlobStore();
    const leaf = { digest: digestOf(Buffer.from("missing")), size: 7 };
    const wrong = await storeNode(blobs, 3, [leaf]);
    const root = await storeNode(blobs, 2, [wrong]);
    expect(await missingOf(blobs, { level: 2, ...root })).toEqual([]);
  });

  test("ends where a node is none: nobody could give anything better under that digest", async () => {
    const blobs = new HookedBlobStore();
    const garbage = Buffer.from("no manifest node");
    await blobs.put(digestOf(garbage), garbage);
    const here = { digest: digestOf(garbage), size: garbage.length };
    expect(await isComplete(blobs, { space, content: { level: 1, ...here } })).toBe(true);
    const missing = { digest: digestOf(Buffer.from("missing")), size: BLOB_BYTES_MAX };
    const root = await storeNode(blobs, 2, [here, missing]);
    expect(await missingOf(blobs, { level: 2, ...root })).toEqual([{ digest: missing.digest, level: 1 }]);
  });

  test("is never called complete where a node is of a newer version", async () => {
    const blobs = new HookedBlobStore();
    const newer = encodeCbor([2, 1, [], new Uint8Array(0)]);
    await blobs.put(digestOf(newer), newer);
    const root = { level: 1, digest: digestOf(newer), size: newer.length };
    expect(await codeOf(isComplete(blobs, { space, content: root }))).toBe("UNSUPPORTED_VERSION");
  });
});
