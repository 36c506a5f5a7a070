import { expect, test } from "vitest";
import { Lab } from "./support/lab.ts";
import { pseudoBytes } from "./support/pseudo-bytes.ts";

const lab = Lab.forThisFile();
const nodes = await lab.up("anna", "berta", "carol", "dora");
const [anna, berta, carol, dora] = nodes;

test("one sender and three receivers all hold a file once it was put with --copies 4 --wait all", async () => {
  const content = pseudoBytes("four", 5_000_000);
  const stored = await anna.put("four", content, "--copies", "4", "--wait", "all");
  expect(stored).toMatchObject({ copies: 4, wanted: 4 });
  expect(stored.holders.map(({ name }) => name).sort()).toEqual(["anna", "berta", "carol", "dora"]);
  const blobs = await Promise.all(nodes.map(async (node) => (await node.status()).blobs));
  expect(new Set(blobs).size).toBe(1);
  // Nobody is left to ask.
  for (const node of [anna, berta, carol]) node.signal("SIGSTOP");
  try {
    expect((await dora.cat("four")).equals(content)).toBe(true);
  } finally {
    for (const node of [anna, berta, carol]) node.signal("SIGCONT");
  }
  for (const node of nodes) expect((await node.read("four")).equals(content), node.name).toBe(true);
});

test("the line that ends a put names the nodes", async () => {
  const { stdout } = await berta.done(["put", "-", "named", "--copies", "4", "--wait", "all"], {
    input: Buffer.from("x"),
  });
  expect(stdout).toMatch(/^stored named \(1 B, version \S+\) on 4 of 4 nodes: anna, berta, carol, dora\n$/);
});

test("a node reads what it does not hold from those peers that do, while others lack it", async () => {
  const contents = new Map(
    Array.from({ length: 12 }, (_, index) => [`few/${index}`, pseudoBytes(`few ${index}`, 400_000)]),
  );
  for (const [key, content] of contents) {
    await anna.client.put(key, content, { copies: 1 + (Number(key.slice(4)) % 2), wait: "all" });
  }
  const blobs = await Promise.all(nodes.map(async (node) => (await node.status()).blobs));
  expect(Math.min(...blobs), "some node lacks something").toBeLessThan(Math.max(...blobs));
  for (const node of nodes) {
    for (const [key, content] of contents) {
      expect((await node.read(key)).equals(content), `${key} on ${node.name}`).toBe(true);
    }
  }
});

test("a key that nobody has is not found, at once, when all members answer", async () => {
  const begun = performance.now();
  await expect(dora.client.get("nobody/has/it")).rejects.toMatchObject({ code: "KEY_NOT_FOUND" });
  expect(performance.now() - begun).toBeLessThan(5000);
  for (const command of ["get", "cat", "stat"]) {
    const { code, stderr, stdout } = await dora.run([command, "nobody/has/it"]);
    expect({ command, code, stdout }).toEqual({ command, code: 3, stdout: "" });
    expect(stderr).toContain("nobody/has/it");
  }
});

test("with a member frozen, then gone, a key that nobody has ends with exit code 4 in bounded time", async () => {
  for (const end of ["frozen", "gone"]) {
    if (end === "frozen") dora.signal("SIGSTOP");
    else await dora.kill();
    const { code, ms, stderr } = await anna.run(["get", "nobody/has/it"]);
    expect({ end, code }).toEqual({ end, code: 4 });
    expect(ms).toBeLessThan(20_000);
    expect(stderr).toContain("dora");
  }
  expect((await berta.read("few/0")).length).toBe(400_000);
});
