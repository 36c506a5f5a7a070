import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { VerifyRecord } from "@gstore/gateway/client";
import { expect, test } from "vitest";
import { Lab } from "./support/lab.ts";
import { pseudoBytes, seededRandom, testSeed } from "./support/pseudo-bytes.ts";
import { flipBits, packsOf } from "./support/store-files.ts";
import type { TestNode } from "./support/test-node.ts";

const BYTES = 12_000_000;
const content = pseudoBytes("precious", BYTES);
const random = seededRandom(testSeed);

const lab = Lab.forThisFile();
const [anna, berta] = await lab.up("anna", "berta");
await anna.client.put("precious", content, { wait: "all" });
await anna.client.put("small", Buffer.from("small and precious"), { wait: "all" });

test(`after bits of a pack flipped, get gives the right bytes from the other node, and repairs (${testSeed})`, async () => {
  await rot(berta, 20);
  await lab.start([anna, berta]);
  const before = await verify(berta);
  expect(before.code).toBe(1);
  expect(before.report.damaged.length + before.report.damagedSpans.length).toBeGreaterThan(0);
  for (const { digest } of before.report.damaged) expect(digest).toMatch(/^1e20[0-9a-f]{64}$/);

  expect((await berta.cat("precious")).equals(content)).toBe(true);
  expect((await berta.cat("small")).toString()).toBe("small and precious");
  const { report } = await verify(berta);
  expect(report.damaged).toEqual([]);
  // What nobody reads is mended on request, and then nothing is left of the damage.
  const mended = await berta.run(["repair", "--json"]);
  expect([mended.code, (JSON.parse(mended.stdout) as VerifyRecord).repair]).toMatchObject([
    0,
    { unrepairedBlobs: [], unrepairedEntries: [] },
  ]);
  expect((await verify(berta)).code).toBe(0);
  // Of its own copy, now.
  await anna.stop();
  expect((await berta.read("precious")).equals(content)).toBe(true);
});

test(`after bits of a pack flipped and nobody to ask, get fails and gives no wrong byte (${testSeed})`, async () => {
  await rot(berta, 20);
  await berta.up();
  const { code, stdoutBytes, stderr } = await berta.run(["get", "precious", "-o", "-"]);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/^gstore: .+\n$/);
  expect(stdoutBytes.length).toBeLessThan(BYTES);
  expect(stdoutBytes.equals(content.subarray(0, stdoutBytes.length))).toBe(true);
  const path = await lab.path("got");
  expect((await berta.run(["get", "precious", "-o", path])).code).toBe(code);
  await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
  await lab.start([anna, berta]);
  expect((await berta.read("precious")).equals(content)).toBe(true);
});

test("a node whose index was lost or garbled makes it anew from the packs", async () => {
  await berta.stop();
  await rm(join(berta.dir, "store", "index"), { recursive: true });
  await rm(join(berta.dir, "store", "names"), { recursive: true });
  await berta.up();
  expect(await berta.keys()).toEqual(["precious", "small"]);
  expect((await berta.read("small")).toString()).toBe("small and precious");

  await berta.stop();
  for (const folder of ["index", "names"]) {
    const path = join(berta.dir, "store", folder, "data.mdb");
    const { size } = await stat(path);
    await flipBits(
      path,
      Array.from({ length: 50 }, () => Math.floor(random() * size)),
    );
  }
  await lab.start([anna, berta]);
  expect(await berta.keys()).toEqual(["precious", "small"]);
  expect((await berta.read("precious")).equals(content)).toBe(true);
});

/** Stops the node if it runs, and flips so many bits of its packs at random. */
async function rot(node: TestNode, bits: number): Promise<void> {
  if (node.isUp) await node.stop();
  for (const path of await packsOf(node.dir)) {
    const size = (await readFile(path)).length;
    await flipBits(
      path,
      Array.from({ length: bits }, () => Math.floor(random() * size)),
    );
  }
}

async function verify(
  node: TestNode,
): Promise<{ readonly code: number | null; readonly report: VerifyRecord }> {
  const { code, stdout } = await node.run(["verify", "--json"]);
  return { code, report: JSON.parse(stdout) as VerifyRecord };
}
