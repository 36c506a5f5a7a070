import { HookedBlobStore, HookedEntryStore, MemoryDiskStore } from "@gstore/testing";
import { expect } from "vitest";
import { randomBytes, readAll, TestNetwork, type TestNode, type TestNodeOptions } from "./test-network.ts";

/** A node without peers, over stores that can be made slow or failing. */
export interface LoneNode extends TestNode {
  readonly network: TestNode["network"];
  readonly all: TestNetwork;
  readonly blobs: HookedBlobStore;
  readonly entries: HookedEntryStore;
}

export async function loneNode(options: Pick<TestNodeOptions, "collection"> = {}): Promise<LoneNode> {
  const all = new TestNetwork();
  const blobs = new HookedBlobStore();
  const entries = new HookedEntryStore();
  const one = await all.node("lone", { ...options, disk: new MemoryDiskStore({ blobs, entries }) });
  return { ...one, all, blobs, entries };
}

/** Nothing of a put is left but blobs that no version names: no key, no entry, no slot, no window. */
export async function expectNothing({ node, parts, entries }: LoneNode): Promise<void> {
  expect((await node.list("")).items).toEqual([]);
  expect(entries.count()).toBe(0);
  expect(parts.putWindow.inFlight).toBe(0);
  await parts.putSlots.empty();
}

/** A later put is stored and read. */
export async function expectWorks({ node }: LoneNode): Promise<void> {
  const content = randomBytes(2 * 1024 * 1024, "later");
  await node.store("later", content);
  expect((await readAll(node, "later")).equals(content)).toBe(true);
}

/** Content as a stream of slices that may fail at its end and tells when it was closed. */
export async function* slicesOf(
  content: Buffer,
  options: { thenThrow?: Error; closed?: () => void } = {},
): AsyncGenerator<Uint8Array> {
  try {
    for (let at = 0; at < content.length; at += 100_000) yield content.subarray(at, at + 100_000);
    if (options.thenThrow) throw options.thenThrow;
  } finally {
    options.closed?.();
  }
}
