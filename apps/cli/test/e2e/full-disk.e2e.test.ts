import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Ballast } from "./support/ballast.ts";
import { Lab } from "./support/lab.ts";
import { pseudoBytes, pseudoStream } from "./support/pseudo-bytes.ts";
import { canMount, mountSmallDisk } from "./support/small-disk.ts";
import { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

const DISK_MIB = 48;

describe.skipIf(!canMount)("a node whose disk is full (needs root, to mount one)", async () => {
  if (!canMount) return;
  const lab = Lab.forThisFile();
  const disk = await mountSmallDisk(lab, DISK_MIB);
  const ballast = new Ballast(join(disk, "ballast"));
  const anna = lab.keep(await TestNode.init(join(disk, "node"), "anna"));
  const berta = lab.keep(await TestNode.init(await lab.path("berta"), "berta", { from: anna }));
  await lab.start([anna, berta]);
  const small = pseudoBytes("small", 500_000);
  await anna.client.put("small", small, { wait: "all" });
  await ballast.take(16);

  test("says so and ends with exit code 1, keeps serving, and stores again once there is room", async () => {
    const { code, stdout, stderr } = await anna.run(["put", "-", "huge", "--json"], {
      input: pseudoStream("huge", 80_000_000),
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(JSON.parse(stderr)).toMatchObject({ code: "STORE_FULL" });
    expect((await anna.run(["put", "-", "more"], { input: pseudoBytes("more", 2_000_000) })).stderr).toMatch(
      /full|space|room/i,
    );

    expect(await anna.keys()).toEqual(["small"]);
    expect((await anna.cat("small")).equals(small)).toBe(true);
    await anna.done(["verify"]);
    expect((await berta.read("small")).equals(small)).toBe(true);

    await ballast.release();
    const content = pseudoBytes("fits", 1_000_000);
    expect(await anna.put("fits", content, "--wait", "all")).toMatchObject({ copies: 2 });
    for (const node of [anna, berta]) expect((await node.read("fits")).equals(content)).toBe(true);
  });

  test("is no holder of what others store meanwhile, and becomes one once there is room", async () => {
    await ballast.takeAll();
    const content = pseudoBytes("from berta", 3_000_000);
    const stored = await berta.client.put("from berta", content, { wait: "local" });
    expect(stored.copies).toBe(1);
    const waited = await berta.run(["put", "-", "waited", "--wait", "all", "--timeout", "2s"], {
      input: pseudoBytes("waited", 1_000_000),
    });
    expect(waited.code).toBe(6);
    await anna.done(["ls"]);
    await ballast.release();
    const files = berta.client.copies;
    await waitFor("both are copied", async () => {
      const copies = await Promise.all(["from berta", "waited"].map((key) => files.whereis(key)));
      return copies.every((one) => one.copies === 2);
    });
    await berta.stop();
    expect((await anna.read("from berta")).equals(content)).toBe(true);
    await lab.start([anna, berta]);
  });

  test("does not start while nothing at all is left, says so, and has everything once there is room", async () => {
    await ballast.takeAll();
    await anna.stop();
    const { code, stderr } = await anna.run(["up", "--listen", "127.0.0.1:0", "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ code: "STORE_FULL" });
    await ballast.release();
    await lab.start([anna, berta]);
    expect((await anna.read("small")).equals(small)).toBe(true);
    await anna.client.put("after", Buffer.from("x"), { wait: "all" });
  });
});
