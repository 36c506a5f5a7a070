import { type BlobSecret, digestOf, type EpochId } from "@gstore/core";
import { expect, test } from "vitest";
import { ManifestNodes, type NodeRef, OpenedNode } from "../src/manifest-nodes.ts";

const epochs = ["first", "second"] as unknown as EpochId[];

function madeNode(count: number) {
  const children = Array.from({ length: count }, (_, index) => ({
    digest: digestOf(Buffer.from(`child ${index}`)),
    size: 4 * 1024 * 1024 - index,
  }));
  const secrets = children.map(
    (_, index): BlobSecret => ({
      plainSize: 1 + (index % 3) * 2 ** 33,
      material: Buffer.alloc(32, index),
      codec: index % 2 === 0 ? "none" : "zstd",
      epoch: epochs[index % 5 === 0 ? 0 : 1] as EpochId,
    }),
  );
  return { children, secrets, node: new OpenedNode({ children, secrets }) };
}

test("an opened node gives its children as they were, and finds the one at a position", () => {
  const { children, secrets, node } = madeNode(300);
  let start = 0;
  for (const [index, child] of children.entries()) {
    const secret = secrets[index] as BlobSecret;
    expect(node.child(index)).toEqual({ ...child, secret, start });
    expect(node.indexAt(start)).toBe(index);
    expect(node.indexAt(start + secret.plainSize - 1)).toBe(index);
    start += secret.plainSize;
  }
  expect(node.indexAt(-5)).toBe(0);
  expect(node.indexAt(start)).toBe(299);
});

test("nodes are kept up to a limit of bytes, those used last", () => {
  const { node, secrets } = madeNode(100);
  const nodes = new ManifestNodes(10 * node.bytes);
  const refs = Array.from({ length: 12 }, (_, index) => ({
    level: 1,
    digest: digestOf(Buffer.from(`node ${index}`)),
    secret: secrets[0] as BlobSecret,
  })) as [NodeRef, ...NodeRef[]];
  for (const [index, ref] of refs.entries()) {
    nodes.keep("space", ref, node);
    if (index > 0) expect(nodes.find("space", refs[0])).toBe(node);
  }
  expect(refs.map((ref) => nodes.find("space", ref) !== undefined)).toEqual([
    true,
    ...Array(2).fill(false),
    ...Array(9).fill(true),
  ]);
  expect(nodes.bytes).toBe(10 * node.bytes);
  nodes.keep("space", refs[0], node);
  expect(nodes.bytes).toBe(10 * node.bytes);
});

test("a node is found by its space, its level and its secret alone", () => {
  const { node, secrets } = madeNode(3);
  const [secret, other] = secrets as [BlobSecret, BlobSecret];
  const nodes = new ManifestNodes(1_000_000);
  const ref = { level: 1, digest: digestOf(Buffer.from("node")), secret };
  nodes.keep("space", ref, node);
  expect(nodes.find("space", ref)).toBe(node);
  expect(nodes.find("other", ref)).toBeUndefined();
  expect(nodes.find("space", { ...ref, level: 2 })).toBeUndefined();
  expect(nodes.find("space", { ...ref, secret: { ...secret, material: other.material } })).toBeUndefined();
  expect(nodes.find("space", { ...ref, secret: { ...secret, epoch: other.epoch } })).toBeUndefined();
});
