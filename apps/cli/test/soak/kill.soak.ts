import { test } from "vitest";
import { killRounds } from "../e2e/support/kill-rounds.ts";
import { Lab } from "../e2e/support/lab.ts";
import { testSeed } from "../e2e/support/pseudo-bytes.ts";
import type { TestNode } from "../e2e/support/test-node.ts";

const lab = Lab.forThisFile();

test(`500 kills at random moments lose no put that was acknowledged (${testSeed})`, async () => {
  const nodes = (await lab.init("anna", "berta")) as [TestNode, TestNode];
  await killRounds({ lab, nodes, rounds: 500, seed: testSeed });
});
