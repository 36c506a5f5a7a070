import { test } from "vitest";
import { caughtUp, connected, Lab } from "./support/lab.ts";
import { getLarge, measured, pidsOf, putLarge } from "./support/large-file.ts";
import type { TestNode } from "./support/test-node.ts";

const BYTES = 2 ** 30;

const lab = Lab.forThisFile();
const [anna, berta, carol] = (await lab.init("anna", "berta", "carol")) as [TestNode, TestNode, TestNode];
await lab.start([anna, berta]);

test("a file of 1 GiB is put on one node and read from the other, neither with more than 300 MiB", async () => {
  const file = { key: "large", size: BYTES, watched: [anna, berta] };
  await putLarge(anna, { ...file, args: ["--wait", "all"] });
  await getLarge(berta, file);
});

test("a node that comes later fetches it with no more memory", async () => {
  await anna.stop();
  await carol.up({ bootstrap: [berta.address] });
  await connected([berta, carol]);
  await measured("catching up", { size: BYTES, pids: pidsOf([berta, carol]) }, async () => {
    await caughtUp([berta, carol], { deadlineMs: 240_000 });
  });
});
