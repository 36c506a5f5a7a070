import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createNode, type GstoreNode, initNode } from "../src/index.ts";
import { readAll } from "./support/test-network.ts";

vi.setConfig({ testTimeout: 60_000 });

let dir: string;
const running = new Set<GstoreNode>();
const folder = (name: string): string => join(dir, name);

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "gstore-copied-"));
  await initNode({ dir: folder("anna"), name: "anna" });
  await initNode({ dir: folder("berta"), name: "berta", networkFile: join(folder("anna"), "network.json") });
});

afterEach(async () => {
  for (const node of running) await stop(node);
  await rm(dir, { recursive: true, force: true });
});

async function start(name: string, ...peers: readonly GstoreNode[]): Promise<GstoreNode> {
  const bootstrap = peers.flatMap((peer) => peer.addresses());
  const node = await createNode({ dir: folder(name), listen: ["127.0.0.1:0"], bootstrap });
  running.add(node);
  await node.start();
  return node;
}

async function stop(node: GstoreNode): Promise<void> {
  running.delete(node);
  await node.stop();
}

async function restore(backup: string, name: string, options: { over: boolean }): Promise<void> {
  if (!options.over) await rm(folder(name), { recursive: true });
  await cp(folder(backup), folder(name), { recursive: true, preserveTimestamps: true, force: true });
}

test.each([
  { how: "in place of the folder", over: false },
  { how: "over the folder", over: true },
])(
  "what a node writes on a backup that was put back $how, before it meets anybody, gets to the others",
  async (how) => {
    let anna = await start("anna");
    await anna.store("old", "old");
    await stop(anna);
    await cp(folder("anna"), folder("backup"), { recursive: true });

    anna = await start("anna");
    const berta = await start("berta", anna);
    await anna.store("since the backup", "known to berta alone", { wait: "all", copies: 2 });
    await stop(anna);
    await restore("backup", "anna", how);

    anna = await start("anna");
    await anna.store("written alone", "before it meets berta", { wait: "local" });
    await anna.connect(berta.addresses()[0] as string);
    for (const node of [anna, berta]) {
      await vi.waitFor(
        async () => {
          const { items } = await node.list("");
          expect(items.map(({ key }) => key)).toEqual(["old", "since the backup", "written alone"]);
        },
        { timeout: 20_000 },
      );
      expect((await readAll(node, "written alone")).toString()).toBe("before it meets berta");
      expect((await readAll(node, "since the backup")).toString()).toBe("known to berta alone");
    }
  },
);

test("a node goes on under its incarnation where its folder was not copied", async () => {
  const incarnations = new Set<string>();
  for (const content of ["first", "second", "third"]) {
    const anna = await start("anna");
    await anna.store("file", content);
    await stop(anna);
    incarnations.add((await readFile(join(folder("anna"), "incarnation"))).toString("hex"));
  }
  expect(incarnations.size).toBe(1);
});

test("what a node writes after its last entries rotted and its index was lost gets to the others too", async () => {
  let anna = await start("anna");
  const berta = await start("berta", anna);
  await anna.store("old", "old", { wait: "all", copies: 2 });
  await anna.store("rotten here", "known to berta alone", { wait: "all", copies: 2 });
  await stop(anna);
  const packs = join(folder("anna"), "store", "packs");
  const path = join(packs, (await readdir(packs)).sort().at(-1) as string);
  const bytes = await readFile(path);
  for (let back = 64; back <= 4096; back += 64) bytes[bytes.length - back] = ~(bytes.at(-back) as number);
  await writeFile(path, bytes);
  await rm(join(folder("anna"), "store", "index"), { recursive: true });

  anna = await start("anna");
  await anna.store("written alone", "before it meets berta", { wait: "local" });
  await anna.connect(berta.addresses()[0] as string);
  for (const node of [anna, berta]) {
    await vi.waitFor(
      async () => {
        const { items } = await node.list("");
        expect(items.map(({ key }) => key)).toEqual(["old", "rotten here", "written alone"]);
      },
      { timeout: 20_000 },
    );
    expect((await readAll(node, "written alone")).toString()).toBe("before it meets berta");
  }
});
