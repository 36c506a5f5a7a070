import { test } from "vitest";
import { caughtUp, connected, Lab } from "../e2e/support/lab.ts";
import { getLarge, measured, pidsOf, putLarge } from "../e2e/support/large-file.ts";
import type { TestNode } from "../e2e/support/test-node.ts";

const BYTES = 10 * 2 ** 30;
const HOUR_MS = 3_600_000;

const lab = Lab.forThisFile();

// Three nodes on one disk take 30 GiB of it.
test("10 GiB pass through three nodes, none with more than 300 MiB: put, read, caught up on, read again", async () => {
  const [anna, berta, carol] = (await lab.init("anna", "berta", "carol")) as [TestNode, TestNode, TestNode];
  await lab.start([anna, berta]);
  const file = { key: "huge", size: BYTES };
  await putLarge(anna, { ...file, args: ["--wait", "all", "--timeout", "10m"], watched: [anna, berta] });
  await getLarge(berta, { ...file, watched: [anna, berta] });
  await anna.stop();
  await carol.up({ bootstrap: [berta.address] });
  await connected([berta, carol]);
  await measured("catching up", { size: BYTES, pids: pidsOf([berta, carol]) }, async () => {
    await caughtUp([berta, carol], { deadlineMs: HOUR_MS });
  });
  await berta.stop();
  await getLarge(carol, { ...file, watched: [carol] });
});
