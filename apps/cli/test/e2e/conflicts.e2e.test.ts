import type { StoreAnswer } from "@gstore/gateway/client";
import { expect, test } from "vitest";
import { caughtUp, Lab } from "./support/lab.ts";
import type { TestNode } from "./support/test-node.ts";

const lab = Lab.forThisFile();
const [anna, berta] = await lab.up("anna", "berta");

const put = ({ client }: TestNode, key: string, text: string): Promise<StoreAnswer> =>
  client.put(key, Buffer.from(text), { wait: "local" });

test("nodes that were apart keep what both wrote, agree on what is shown, and settle it by a word", async () => {
  for (const key of ["both", "edited", "removed"]) await put(anna, key, "before");
  await caughtUp([anna, berta]);
  await berta.stop();
  const byAnna = await put(anna, "both", "anna was here");
  await anna.client.remove("edited");
  await anna.client.remove("removed");
  await anna.stop();
  await berta.up();
  const byBerta = await put(berta, "both", "berta too");
  await put(berta, "edited", "berta's edit");
  await lab.start([anna, berta]);
  await caughtUp([anna, berta]);

  const shown = (version: string, state: string): RegExp =>
    new RegExp(`^  ${version.slice(0, 16)} .* ${state} +yes `, "m");
  for (const node of [anna, berta]) {
    expect(await node.keys()).toEqual(["both", "edited"]);
    expect((await node.read("both")).toString()).toBe("berta too");
    expect((await node.read("edited")).toString()).toBe("berta's edit");
    const { stdout } = await node.done(["conflicts"]);
    expect(stdout).toMatch(/^both\n( {2}.*\n){2}edited\n( {2}.*\n){2}$/);
    expect(stdout).toMatch(shown(byBerta.version, "current"));
    expect(stdout).toMatch(shown(byAnna.version, "conflict"));
    expect(stdout).toMatch(/ removal, conflict +yes +anna\n$/);
  }

  const { stdout } = await berta.done(["resolve", "both", "--keep", byAnna.version.slice(0, 12)]);
  expect(stdout).toMatch(/^resolved both \(13 B, version \S+\) on 2 of 2 nodes: anna, berta\n$/);
  const [edited] = (await anna.client.history.conflictsPage("edited")).items;
  const removal = edited?.versions[1]?.version ?? "";
  expect((await anna.done(["resolve", "edited", "--keep", removal])).stdout).toMatch(/it is removed/);
  await caughtUp([anna, berta]);
  for (const node of [anna, berta]) {
    expect(await node.keys()).toEqual(["both"]);
    expect((await node.read("both")).toString()).toBe("anna was here");
    expect((await node.status()).conflicts).toBe(0);
  }

  const blobs = (await anna.status()).blobs;
  const restored = await anna.done(["restore", "both", byBerta.version.slice(0, 12)]);
  expect(restored.stdout).toMatch(/^restored both \(9 B, .* on 2 of 2 nodes: anna, berta\n$/);
  expect((await berta.read("both")).toString()).toBe("berta too");
  expect((await anna.status()).blobs).toBe(blobs);
});
