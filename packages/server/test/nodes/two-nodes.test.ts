import { afterEach, expect, test } from "vitest";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";

let network: TestNetwork;
afterEach(() => network.stop());

const KIB = 1024;
const sizes = [0, 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, 1024 * KIB, 5 * 1024 * KIB];

test.each(sizes)("what one node stores is read on another, %d bytes", async (size) => {
  network = new TestNetwork();
  const [a, b] = await network.mesh("a", "b");
  const content = randomBytes(size);
  const stored = await a?.node.store("notes/file", content);
  expect(stored).toMatchObject({ size, copies: 2, wanted: 2 });
  expect((await readAll((b as TestNode).node, "notes/file")).equals(content)).toBe(true);
});
