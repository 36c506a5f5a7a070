import { expect, test } from "vitest";
import { killRounds } from "./support/kill-rounds.ts";
import { Lab } from "./support/lab.ts";
import { pseudoBytes, testSeed } from "./support/pseudo-bytes.ts";
import type { TestNode } from "./support/test-node.ts";

const lab = Lab.forThisFile();

test("what a node acknowledged, alone, is there after kill -9 right behind it", async () => {
  const [anna] = (await lab.init("anna")) as [TestNode];
  const contentOf = (round: number): Buffer => pseudoBytes(`round ${round}`, 100_000 * round);
  for (const round of [1, 2, 3]) {
    await anna.up();
    await anna.client.put(`alone/${round}`, contentOf(round));
    if (round > 1) await anna.client.remove(`alone/${round - 1}`);
    await anna.kill();
  }
  await anna.up();
  expect(await anna.keys()).toEqual(["alone/3"]);
  expect((await anna.read("alone/3")).equals(contentOf(3))).toBe(true);
});

test(`each put acknowledged before kill -9 at a random moment is there and equal on both nodes (${testSeed})`, async () => {
  const nodes = (await lab.init("berta", "carol")) as [TestNode, TestNode];
  await killRounds({ lab, nodes, rounds: 20, seed: testSeed });
});
