import { connect } from "node:net";
import { expect, test } from "vitest";
import { Lab } from "./support/lab.ts";
import type { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

const lab = Lab.forThisFile();
const [anna, berta, carol] = (await lab.init("anna", "berta", "carol")) as [TestNode, TestNode, TestNode];
await lab.start([anna, berta]);

test("a flood of 200 connections that say nothing leaves the node serving, and open to members afterwards", async () => {
  const silent = Array.from({ length: 200 }, () => connect({ host: "127.0.0.1", port: anna.port }));
  const closed = silent.map((socket) => {
    socket.on("error", () => {});
    return new Promise((resolve) => socket.once("close", resolve));
  });
  await expectServing("during a flood");
  for (const socket of silent) socket.destroy();
  await Promise.all(closed);
  await berta.stop();
  await lab.start([anna, berta]);
  await expectServing("after a flood");
});

test("a node of another network gets nowhere, and is told why", async () => {
  const [other] = (await lab.init("other")) as [TestNode];
  await other.up({ bootstrap: [anna.address, berta.address] });
  const { code, stderr } = await other.run(["connect", anna.address]);
  expect(code).toBe(5);
  expect(stderr).toContain("another network");
  expect((await other.client.peers()).length).toBe(0);
  expect((await anna.client.peers()).map(({ name }) => name)).toEqual(["berta"]);
  await expectServing("after a stranger's node");
  expect(await other.keys()).toEqual([]);
});

test("a new member is let in after all of this", async () => {
  await lab.start([anna, berta, carol]);
  expect((await carol.read("after a flood")).toString()).toBe("after a flood");
});

async function expectServing(key: string): Promise<void> {
  expect(anna.isUp && berta.isUp).toBe(true);
  const stored = await anna.client.put(key, Buffer.from(key), { wait: "all" });
  expect(stored.copies).toBe(2);
  await waitFor("berta shows it", async () => (await berta.keys()).includes(key));
  expect((await berta.read(key)).toString()).toBe(key);
}
