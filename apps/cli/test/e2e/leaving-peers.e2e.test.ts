import { expect, test } from "vitest";
import { caughtUp, connected, Lab } from "./support/lab.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";
import type { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

const lab = Lab.forThisFile();
const [anna, berta, carol] = (await lab.init("anna", "berta", "carol")) as [TestNode, TestNode, TestNode];
await lab.start([anna, berta]);

test("a peer that comes and leaves at once, in order or killed, disturbs nobody", async () => {
  for (const [round, end] of (["stop", "kill", "stop", "kill"] as const).entries()) {
    await carol.up({ bootstrap: [anna.address, berta.address] });
    await carol[end]();
    const content = pseudoBytes(`round ${round}`, 200_000);
    const stored = await anna.client.put(`round/${round}`, content);
    expect(stored.holders.map(({ name }) => name)).toContain("berta");
    expect((await berta.read(`round/${round}`)).equals(content)).toBe(true);
  }
  expect(anna.isUp && berta.isUp).toBe(true);
});

test("what was stored while a peer was away is there when it is back", async () => {
  await lab.start([anna, berta, carol]);
  for (let round = 0; round < 4; round++) {
    expect((await carol.read(`round/${round}`)).equals(pseudoBytes(`round ${round}`, 200_000))).toBe(true);
  }
});

test("a peer that freezes is seen as away within 10 s, holds up no put, and catches up when it goes on", async () => {
  carol.signal("SIGSTOP");
  const frozen = performance.now();
  const content = pseudoBytes("frozen", 3_000_000);
  const [stored, noticedMs] = await Promise.all([
    anna.client.put("frozen", content),
    waitFor("anna sees that carol is away", () => isAway(anna, carol)).then(() => performance.now() - frozen),
  ]);
  expect(stored.holders.map(({ name }) => name).sort()).toEqual(["anna", "berta"]);
  // A busy machine gets some seconds on top.
  expect(noticedMs).toBeLessThan(10_000 + 4000);
  carol.signal("SIGCONT");
  await connected([anna, berta, carol], { deadlineMs: 90_000 });
  await caughtUp([anna, berta, carol]);
  expect((await carol.read("frozen")).equals(content)).toBe(true);
});

async function isAway(node: TestNode, other: TestNode): Promise<boolean> {
  const peers = await node.client.peers();
  return peers.some((peer) => peer.id === other.id && !peer.connected);
}
