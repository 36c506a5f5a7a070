import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Digest, digestOf, type MerklePath, merkleRootOfPath, merkleTree } from "../../src/index.ts";
import { codeOf, readVectors } from "../vector-files.ts";

const leaves = Array.from({ length: 1024 }, (_, index) => digestOf(Buffer.from(`leaf ${index}`)));

interface MerkleVector {
  readonly count: number;
  readonly root: Digest;
  readonly last: MerklePath;
}

/** The batch's root from its definition, without a path. */
function rootOf(ids: readonly Digest[]): Digest {
  const hash = (...parts: (Uint8Array | Digest)[]): Digest =>
    digestOf(
      Buffer.concat(
        parts.map((part) => (typeof part === "string" ? Buffer.from(part.slice(4), "hex") : part)),
      ),
    );
  const tree = (part: readonly Digest[]): Digest => {
    if (part.length === 1) return hash(Buffer.of(0), part[0] as Digest);
    let left = 1;
    while (left * 2 < part.length) left *= 2;
    return hash(Buffer.of(1), tree(part.slice(0, left)), tree(part.slice(left)));
  };
  return hash(Buffer.of(2, ids.length >> 8, ids.length & 0xff), tree(ids));
}

describe("the tree under a signature", () => {
  test.each(readVectors<MerkleVector[]>("merkle"))(
    "of $count leaves is that of the vector",
    ({ count, root, last }) => {
      const tree = merkleTree(leaves.slice(0, count));
      expect(tree.root).toBe(root);
      expect(rootOf(leaves.slice(0, count))).toBe(root);
      expect(tree.paths[count - 1]).toEqual(last);
    },
  );

  test("every path leads to the root, for every count to 70", () => {
    for (let count = 1; count <= 70; count++) {
      const { root, paths } = merkleTree(leaves.slice(0, count));
      for (const [index, path] of paths.entries())
        expect(merkleRootOfPath(leaves[index] as Digest, path)).toBe(root);
    }
  });

  test("a path leads nowhere else than to its own leaf of its own tree", () => {
    const arbitrary = fc.record({
      count: fc.integer({ min: 1, max: 1024 }),
      seed: fc.nat(),
      other: fc.nat(1025),
      index: fc.nat(1025),
    });
    fc.assert(
      fc.property(arbitrary, ({ count, seed, other, index }) => {
        const at = seed % count;
        const { root, paths } = merkleTree(leaves.slice(0, count));
        const path = paths[at] as MerklePath;
        fc.pre(other !== count || index !== at);
        expect(reached(leaves[at] as Digest, { ...path, count: other, index })).not.toBe(root);
        expect(reached(leaves[(at + 1) % 1024] as Digest, path)).not.toBe(root);
        if (count > 1)
          expect(reached(leaves[at] as Digest, { ...path, siblings: path.siblings.slice(1) })).not.toBe(root);
        expect(reached(leaves[at] as Digest, { ...path, siblings: [...path.siblings, root] })).not.toBe(root);
      }),
      { numRuns: 60 },
    );
  });

  test("no other count or index fits a path, for every tree to 40 leaves", () => {
    for (let count = 1; count <= 40; count++) {
      const { root, paths } = merkleTree(leaves.slice(0, count));
      const path = paths[count - 1] as MerklePath;
      for (let other = 0; other <= 42; other++) {
        for (let index = 0; index <= other; index++) {
          if (other === count && index === count - 1) continue;
          expect(reached(leaves[count - 1] as Digest, { ...path, count: other, index })).not.toBe(root);
        }
      }
    }
  });

  test("a path outside of its tree is refused", () => {
    const leaf = leaves[0] as Digest;
    expect(codeOf(() => merkleRootOfPath(leaf, { index: 1, count: 1, siblings: [] }))).toBe("INVALID_FORMAT");
    expect(codeOf(() => merkleRootOfPath(leaf, { index: 0, count: 0, siblings: [] }))).toBe("INVALID_FORMAT");
    expect(codeOf(() => merkleRootOfPath(leaf, { index: 0, count: 1025, siblings: [] }))).toBe(
      "INVALID_FORMAT",
    );
  });
});

function reached(id: Digest, path: MerklePath): unknown {
  try {
    return merkleRootOfPath(id, path);
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
