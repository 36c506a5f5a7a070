import { digestOf } from "@gstore/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FolderUsage } from "../../src/usage-api.ts";
import { randomBytes, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, until } from "../support/waiting.ts";

let network: TestNetwork;
let a: TestNode;

beforeEach(async () => {
  network = new TestNetwork("usage");
  a = await network.node("a");
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

test("du sums the files below a prefix by folder, each after what lies in it, older versions apart", async () => {
  const sizes = { "b/x/1": 1000, "b/x/2": 2000, "b/y/deep/3": 4000, "b-": 10, "b/z": 100, top: 5 };
  for (const [key, size] of Object.entries(sizes)) await a.node.store(key, randomBytes(size, key));
  await a.node.store("b/z", randomBytes(50, "newer"));
  await a.node.store("b/gone", randomBytes(7, "gone"));
  await a.node.remove("b/gone");
  const folders: FolderUsage[] = [];
  const onFolder = async (folder: FolderUsage): Promise<void> => void folders.push(folder);
  const all = await a.node.du("", { depth: 2, onFolder });
  expect(folders.map(({ prefix, files, bytes }) => [prefix, files, bytes])).toEqual([
    ["b/x/", 2, 3000],
    ["b/y/", 1, 4000],
    ["b/", 4, 7050],
  ]);
  expect(all).toMatchObject({ prefix: "", files: 6, bytes: 7065, olderVersions: 1 });
  expect(all.olderBytes).toBeGreaterThanOrEqual(100);
  expect(folders[2]).toMatchObject({ olderVersions: 1, olderBytes: all.olderBytes });
  folders.length = 0;
  expect(await a.node.du("b/x", { onFolder })).toMatchObject({ prefix: "b/x", files: 2, bytes: 3000 });
  expect(folders.map(({ prefix }) => prefix)).toEqual(["b/x/"]);
  expect(await a.node.du("none")).toMatchObject({ files: 0, bytes: 0, olderVersions: 0 });
  expect(await codeOf(a.node.du("", { depth: -1 }))).toBe("INVALID_ARGUMENT");
});

test("usage tells what the store is used for: by space, live and older, and what nothing names", async () => {
  await a.node.store("one", randomBytes(1000, "one"));
  await a.node.store("one", randomBytes(2000, "two"));
  const b = await network.node("b", { attributes: { capacityBytes: 5_000_000_000 } });
  await network.connect(a, b);
  await until("a knows what b can hold", () =>
    a.node.members().some(({ capacityBytes }) => capacityBytes !== null),
  );
  const garbage = randomBytes(500, "garbage");
  await a.disk.blobs.put(digestOf(garbage), garbage);
  const report = await a.node.usage();
  expect(report).toMatchObject({
    entries: 2,
    garbage: { blobs: 1, bytes: 500 },
    spaces: [{ name: "main", live: { versions: 1 }, history: { versions: 1 } }],
    members: [
      { name: "a", capacityBytes: null },
      { name: "b", capacityBytes: 5_000_000_000 },
    ],
  });
  const [main] = report.spaces;
  expect((main?.live.bytes ?? 0) + (main?.history.bytes ?? 0) + 500).toBe(report.stored.bytes);
  // It takes nothing.
  expect((await a.node.usage()).garbage.blobs).toBe(1);
});
