import { execFile } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { connected, Lab } from "./support/lab.ts";
import { canMakeNamespaces, Hosts } from "./support/net-namespaces.ts";
import type { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

const ip = (...args: readonly string[]) => promisify(execFile)("ip", args);

describe.skipIf(!canMakeNamespaces)("three nodes on one local network (needs root)", async () => {
  if (!canMakeNamespaces) return;
  const lab = Lab.forThisFile();
  const hosts = await Hosts.make(lab, 3);
  // Multicast needs a way out of the machine.
  for (const host of [0, 1, 2])
    await ip("-n", hosts.namespace(host), "route", "add", "default", "dev", "eth0");
  const [anna] = (await lab.init("anna")) as [TestNode];
  await anna.up();
  const [berta, carol] = [await lab.join("berta", anna), await lab.join("carol", anna)];
  await anna.stop();
  // Where they were reached then is of no use here.
  for (const { dir } of [berta, carol]) await rm(join(dir, "config.toml"));
  const nodes = [anna, berta, carol];
  const up = (node: TestNode, host: number, bootstrap: readonly string[] = []) =>
    node.up({ netns: hosts.namespace(host), listen: "0.0.0.0:4000", bootstrap });
  const foundBy = async (node: TestNode) =>
    (await node.client.peers()).map((peer) => peer.foundBy).filter((by) => by !== null);

  test("two find each other with no address given, and the third by what they tell", async () => {
    await up(anna, 0);
    await up(berta, 1);
    await connected([anna, berta]);
    expect([...(await foundBy(anna)), ...(await foundBy(berta))]).toContain("lan");
    // One that wants nothing of the local network needs one address of anybody.
    await writeFile(join(carol.dir, "config.toml"), "mdns = false\n");
    await up(carol, 2, [berta.address]);
    await connected(nodes);
    expect(await foundBy(carol)).not.toContain("lan");
  });

  test("one that moves to another address is back", async () => {
    const namespace = hosts.namespace(2);
    const before = (await carol.client.id()).addresses[0];
    await ip("-n", namespace, "address", "flush", "dev", "eth0");
    await ip("-n", namespace, "address", "add", "10.77.0.99/24", "dev", "eth0");
    await waitFor("the old links are noticed to be dead, and new ones made", async () => {
      const there = await Promise.all(
        [anna, berta].map(async ({ client }) => (await client.peers()).find(({ id }) => id === carol.id)),
      );
      return there.every((peer) => peer?.connected && peer.address?.includes("10.77.0.99"));
    });
    expect((await carol.client.id()).addresses[0]).not.toBe(before);
  });

  test("a ping tells how long a message takes, by name", async () => {
    const { stdout } = await carol.done(["ping", "anna", "-n", "1", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ id: anna.id, name: "anna" });
    expect((await carol.run(["ping", "nobody"])).code).not.toBe(0);
  });
});
