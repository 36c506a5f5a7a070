import {
  decodeManifestNode,
  digestFromBytes,
  MANIFEST_CHILDREN_AVG,
  MANIFEST_CHILDREN_MAX,
  MANIFEST_CHILDREN_MIN,
} from "@gstore/core";
import { SeededRandom } from "@gstore/testing";
import { describe, expect, test } from "vitest";
import { isNodeBoundary, ManifestBuilder } from "../src/manifest-builder.ts";
import { buildTree, numberedChunks, seededKeys } from "./support/chunks.ts";
import { codeOf } from "./support/waiting.ts";

const keys = seededKeys();

describe("the manifest", () => {
  test("of no chunk is none", async () => {
    expect((await buildTree(keys, [])).tree).toBeNull();
  });

  test("of one chunk is the chunk itself", async () => {
    const [chunk] = numberedChunks(1) as [Uint8Array];
    const { tree, nodes } = await buildTree(keys, [chunk]);
    const sealed = keys.sealChunk({ bytes: chunk, codec: "none", plainSize: chunk.length });
    expect(nodes).toEqual([]);
    expect(tree).toEqual({
      root: { level: 0, digest: sealed.digest, size: sealed.blob.length },
      secret: sealed.secret,
    });
  });

  test.each([2, MANIFEST_CHILDREN_MIN - 1, MANIFEST_CHILDREN_MIN])(
    "of %d chunks is one node",
    async (count) => {
      const { tree, nodes, nodeBlobs } = await buildTree(keys, numberedChunks(count));
      expect(nodes).toHaveLength(1);
      expect(tree?.root).toMatchObject({ level: 1, digest: nodes[0], size: nodeBlobs[0]?.length });
      expect(decodeManifestNode(nodeBlobs[0] as Uint8Array).children).toHaveLength(count);
    },
  );

  test.each([33, 5000])("of %d chunks is the same whenever and wherever it is built", async (count) => {
    const first = await buildTree(keys, numberedChunks(count));
    const second = await buildTree(seededKeys(), numberedChunks(count));
    expect(second.tree).toEqual(first.tree);
    expect(second.nodes).toEqual(first.nodes);
  });

  test("of 5000 chunks has nodes of at least the least number of children, and names every chunk once, in order", async () => {
    const chunks = numberedChunks(5000);
    const { nodeBlobs, tree } = await buildTree(keys, chunks);
    const nodes = nodeBlobs.map(decodeManifestNode);
    expect(tree?.root.level).toBe(2);
    const lowest = nodes.filter(({ level }) => level === 1);
    for (const { children } of lowest.slice(0, -1)) {
      expect(children.length).toBeGreaterThanOrEqual(MANIFEST_CHILDREN_MIN);
    }
    const named = lowest.flatMap(({ children }) => children.map(({ digest }) => digest));
    const sealed = chunks.map(
      (bytes) => keys.sealChunk({ bytes, codec: "none", plainSize: bytes.length }).digest,
    );
    expect(named).toEqual(sealed);
    expect(tree?.secret.plainSize).toBe(chunks.reduce((sum, { length }) => sum + length, 0));
  });

  test("of 5000 chunks with one more in the middle has few new nodes", async () => {
    const chunks = numberedChunks(5000);
    const before = new Set((await buildTree(keys, chunks)).nodes);
    const edited = [...chunks.slice(0, 2500), Buffer.from("inserted"), ...chunks.slice(2500)];
    const after = await buildTree(keys, edited);
    const fresh = after.nodes.filter((node) => !before.has(node));
    // The node that the chunk falls into, perhaps its neighbour where a boundary moved, and the root.
    expect(fresh.length).toBeGreaterThanOrEqual(2);
    expect(fresh.length).toBeLessThanOrEqual(3);
    expect(after.nodes.length).toBeGreaterThan(10);
  });

  test("ends with what was added when adding a node failed", async () => {
    const builder = new ManifestBuilder(keys, () =>
      Promise.reject(Object.assign(new Error(), { code: "STORE_FULL" })),
    );
    for (const bytes of numberedChunks(2)) {
      const sealed = keys.sealChunk({ bytes, codec: "none", plainSize: bytes.length });
      await builder.add({ ...sealed, size: sealed.blob.length });
    }
    expect(await codeOf(builder.finish())).toBe("STORE_FULL");
  });
});

describe("a node's boundary", () => {
  const dividing = digestFromBytes(Buffer.alloc(32));
  const other = digestFromBytes(Buffer.from(`00000001${"00".repeat(28)}`, "hex"));

  test("does not count below the least number of children", () => {
    expect(isNodeBoundary(dividing, MANIFEST_CHILDREN_MIN - 1)).toBe(false);
    expect(isNodeBoundary(dividing, MANIFEST_CHILDREN_MIN)).toBe(true);
  });

  test("is where the digest's first 32 bits divide by the average", () => {
    expect(isNodeBoundary(other, 1000)).toBe(false);
    const average = Buffer.alloc(32);
    average.writeUInt32BE(3 * MANIFEST_CHILDREN_AVG);
    expect(isNodeBoundary(digestFromBytes(average), 1000)).toBe(true);
    // Only the first 32 bits count.
    average[31] = 1;
    expect(isNodeBoundary(digestFromBytes(average), 1000)).toBe(true);
  });

  test("comes at the largest number of children in any case", () => {
    expect(isNodeBoundary(other, MANIFEST_CHILDREN_MAX - 1)).toBe(false);
    expect(isNodeBoundary(other, MANIFEST_CHILDREN_MAX)).toBe(true);
  });

  test("comes once in about the average of random digests", () => {
    const random = new SeededRandom("boundaries");
    let boundaries = 0;
    for (let index = 0; index < 100_000; index++) {
      if (isNodeBoundary(digestFromBytes(random.bytes(32)), 100)) boundaries++;
    }
    // Expected 391, standard deviation 20.
    expect(Math.abs(boundaries - 100_000 / MANIFEST_CHILDREN_AVG)).toBeLessThan(80);
  });
});
