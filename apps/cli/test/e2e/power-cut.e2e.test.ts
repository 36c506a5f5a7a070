import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Lab } from "./support/lab.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";
import { CuttableDisk, canMount } from "./support/small-disk.ts";
import { TestNode } from "./support/test-node.ts";

// kill -9 leaves the kernel's cache as it was; this does not.
describe.skipIf(!canMount)("a node that loses power (needs root, to mount a disk)", async () => {
  if (!canMount) return;
  const lab = Lab.forThisFile();
  const disk = await CuttableDisk.mount(lab, 128);

  test("has all that it acknowledged when it is back, and is the same node", async () => {
    const node = lab.keep(await TestNode.init(join(disk.path, "node"), "anna"));
    await node.up();
    const { id } = node;
    const acknowledged = new Map<string, Buffer>();
    for (let round = 0; round < 3; round++) {
      let isOver = false;
      const lanes = Array.from({ length: 4 }, async (_, lane) => {
        for (let count = 0; !isOver && count < 20; count++) {
          const key = `${round}/${lane}/${count}`;
          const content = pseudoBytes(key, (count % 5) * 60_000);
          await node.client.put(key, content);
          acknowledged.set(key, content);
        }
      });
      // The first lane that ends does so in the midst of the others' puts.
      await Promise.race(lanes);
      const known = new Map(acknowledged);
      await disk.cutPower();
      isOver = true;
      await node.kill();
      await Promise.allSettled(lanes);
      await disk.powerUp();
      await node.up();
      expect(node.id).toBe(id);
      expect(await node.keys()).toEqual(expect.arrayContaining([...known.keys()]));
      for (const [key, content] of known) expect((await node.read(key)).equals(content), key).toBe(true);
      await node.done(["verify"]);
    }
    await node.stop();
  });
});
