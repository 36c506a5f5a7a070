import { readFile } from "node:fs/promises";
import { GatewayClient } from "@gstore/gateway/client";
import { expect, test } from "vitest";
import { gstoreDone } from "./support/gstore.ts";
import { caughtUp, Lab } from "./support/lab.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";

const lab = Lab.forThisFile();
const [anna, berta] = await lab.up("anna", "berta");

test("an empty file is stored and read back empty on the other node", async () => {
  const stored = await anna.put("empty", Buffer.alloc(0), "--wait", "all");
  expect(stored).toMatchObject({ size: 0, copies: 2, wanted: 2 });
  expect((await berta.cat("empty")).length).toBe(0);
  expect(JSON.parse((await berta.done(["stat", "empty", "--json"])).stdout)).toMatchObject({ size: 0 });
  const path = await lab.path("empty");
  await gstoreDone(["get", "--dir", berta.dir, "empty", "-o", path]);
  expect(await readFile(path)).toEqual(Buffer.alloc(0));
});

test("a name that is stored again gives the new content on both nodes, longer or shorter", async () => {
  const contents = [pseudoBytes("one", 300_000), Buffer.from("short"), pseudoBytes("three", 2_000_000)];
  for (const [index, content] of contents.entries()) {
    const author = index % 2 === 0 ? anna : berta;
    await author.put("again", content, "--wait", "all");
    for (const node of [anna, berta]) expect((await node.cat("again")).equals(content)).toBe(true);
  }
  const listed = (await berta.done(["ls", "-r", "again", "--json"])).stdout.trim().split("\n");
  expect(listed).toHaveLength(1);
});

test("the same content under two names is one set of blobs on each node", async () => {
  const content = pseudoBytes("twice", 3_000_000);
  const first = await anna.put("twice/one", content, "--wait", "all");
  const blobs = await Promise.all([anna, berta].map(async (node) => (await node.status()).blobs));
  const second = await anna.put("twice/two", content, "--wait", "all");
  const third = await berta.put("twice/three", content, "--wait", "all");
  expect(first.storedBytes).toBeGreaterThanOrEqual(content.length);
  expect([second.storedBytes, third.storedBytes]).toEqual([0, 0]);
  expect(await Promise.all([anna, berta].map(async (node) => (await node.status()).blobs))).toEqual(blobs);
  await anna.done(["rm", "twice/one"]);
  expect((await berta.cat("twice/two")).equals(content)).toBe(true);
  expect((await anna.cat("twice/three")).equals(content)).toBe(true);
});

test("200 stores of 4 KiB back to back from several clients are all right on the other node", async () => {
  const content = (name: string): Buffer => pseudoBytes(name, 4096);
  const names = Array.from({ length: 200 }, (_, index) => `many/${String(index).padStart(3, "0")}`);
  const byCommand = names.slice(0, 32);
  const byApi = names.slice(32);
  await Promise.all([
    ...lanes(byCommand, 4).map(async (lane) => {
      for (const name of lane) await anna.put(name, content(name));
    }),
    ...lanes(byApi, 4).map(async (lane) => {
      const client = new GatewayClient({ dir: anna.dir });
      for (const name of lane) await client.put(name, content(name));
      client.close();
    }),
  ]);
  expect(await berta.keys("many/")).toEqual(names);
  for (const node of [berta, anna]) {
    for (const name of names) expect((await node.read(name)).equals(content(name)), name).toBe(true);
  }
  await caughtUp([anna, berta]);
});

function lanes(names: readonly string[], count: number): string[][] {
  return Array.from({ length: count }, (_, lane) => names.filter((_name, index) => index % count === lane));
}
