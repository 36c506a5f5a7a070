import { expect, test } from "vitest";
import type { Child } from "./support/child-process.ts";
import { feed, startGstore } from "./support/gstore.ts";
import { Lab } from "./support/lab.ts";
import { pseudoBytes, pseudoStream } from "./support/pseudo-bytes.ts";
import type { TestNode } from "./support/test-node.ts";
import { waitFor } from "./support/wait-for.ts";

const ENDLESS = 2 ** 40;
/** The node promises 5 s; a busy machine gets some more. */
const STOP_MS_MAX = 7000;

const lab = Lab.forThisFile();
const [anna, berta] = await lab.up("anna", "berta");

test("Ctrl-C in the middle of a put ends it with exit code 130, and nothing of it becomes visible", async () => {
  const { put, feeding } = await startEndlessPut(anna, "interrupted");
  const begun = performance.now();
  put.kill("SIGINT");
  expect((await put.ended).code).toBe(130);
  expect(performance.now() - begun).toBeLessThan(STOP_MS_MAX);
  await feeding;
  expect(put.stdout).toBe("");
  for (const node of [anna, berta]) {
    expect(await node.keys()).toEqual([]);
    expect((await node.run(["get", "interrupted", "-o", "-"])).code).toBe(3);
  }
  await anna.put("interrupted", Buffer.from("whole"), "--wait", "all");
  expect((await berta.cat("interrupted")).toString()).toBe("whole");
});

test("an idle node that is told to stop ends within 5 s with exit code 0", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const { code, ms } = await anna.stop(signal);
    expect({ signal, code }).toEqual({ signal, code: 0 });
    expect(ms).toBeLessThan(STOP_MS_MAX);
    await lab.start([anna, berta]);
  }
});

test("a node that is told to stop in the midst of work does so too, and its clients learn of it", async () => {
  const { put, feeding } = await startEndlessPut(anna, "endless");
  const { code, ms } = await anna.stop();
  expect(code).toBe(0);
  expect(ms).toBeLessThan(STOP_MS_MAX);
  await feeding;
  expect((await put.ended).code).toBeGreaterThan(0);
  expect(put.stderr).toMatch(/^gstore: .+\n$/);
  await lab.start([anna, berta]);
  expect(await anna.keys()).toEqual(["interrupted"]);
});

test("a second process on the same folder is told who holds it, and the first goes on", async () => {
  const second = await anna.run(["up", "--listen", "127.0.0.1:0"]);
  expect(second.code).not.toBe(0);
  expect(second.stderr).toContain(`process ${anna.pid}`);
  expect((await anna.read("interrupted")).toString()).toBe("whole");
});

test("a port that is taken is named", async () => {
  await berta.stop();
  const { code, stderr } = await berta.run(["up", "--listen", `127.0.0.1:${anna.port}`]);
  expect(code).not.toBe(0);
  expect(stderr).toContain(String(anna.port));
  expect(stderr).toMatch(/use/);
  await lab.start([anna, berta]);
});

test("with the node down, stopped or killed, every command ends with exit code 4 and says how to start it", async () => {
  for (const end of ["stop", "kill"] as const) {
    await berta[end]();
    for (const command of [["put", "-", "x"], ["get", "interrupted", "-o", "-"], ["ls"], ["status"]]) {
      const { code, stdout, stderr } = await berta.run(command, { input: pseudoBytes("x", 1_000_000) });
      expect({ end, command, code, stdout }).toEqual({ end, command, code: 4, stdout: "" });
      expect(stderr).toContain(`gstore --dir ${berta.dir} up`);
    }
    await lab.start([anna, berta]);
  }
});

/** A put that goes on for ever, once a good part of it is on the node. */
async function startEndlessPut(
  node: TestNode,
  key: string,
): Promise<{ readonly put: Child; readonly feeding: Promise<void> }> {
  const before = (await node.status()).blobBytes;
  const put = startGstore(["put", "--dir", node.dir, "-", key]);
  const feeding = feed(put, pseudoStream(key, ENDLESS));
  await waitFor("a part of it is stored", async () => (await node.status()).blobBytes > before + 30_000_000);
  return { put, feeding };
}
