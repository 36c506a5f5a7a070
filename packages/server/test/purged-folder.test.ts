import { readdirSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDiskStore } from "@gstore/cas";
import type { EntryId } from "@gstore/core";
import { afterEach, expect, test, vi } from "vitest";
import { createNode, type GstoreNode, initNode } from "../src/index.ts";
import { randomBytes } from "./support/test-network.ts";

vi.setConfig({ testTimeout: 60_000 });

let dir: string;
const running: GstoreNode[] = [];
/** No bytes of so many are elsewhere by chance. */
const PIECE_BYTES = 16;

afterEach(async () => {
  for (const node of running.splice(0)) await node.stop();
  await rm(dir, { recursive: true, force: true });
});

async function start(name: string, ...peers: readonly GstoreNode[]): Promise<GstoreNode> {
  const networkFile = name === "anna" ? {} : { networkFile: join(dir, "anna", "network.json") };
  await initNode({ dir: join(dir, name), name, ...networkFile });
  const bootstrap = peers.flatMap((peer) => peer.addresses());
  const node = await createNode({
    ...{ dir: join(dir, name), listen: ["127.0.0.1:0"], bootstrap },
    collection: { intervalMs: 300, leaseMs: 100 },
  });
  running.push(node);
  await node.start();
  return node;
}

/** What is sealed in a version's entry, by a copy of a node's store. */
async function sealedOf(name: string, version: EntryId): Promise<Buffer> {
  const copy = join(dir, "copy");
  await cp(join(dir, name, "store"), copy, { recursive: true });
  await rm(join(copy, "index"), { recursive: true });
  const store = await openDiskStore({ dir: copy });
  const sealed = Buffer.from((await store.entries.get(version))?.entry.body.sealed ?? []);
  await store.close();
  await rm(copy, { recursive: true });
  return sealed;
}

/** The files of a node's folder, whatever they are for, that hold a part of these bytes. */
function holding(name: string, bytes: Buffer): string[] {
  // It begins with the epoch, which is that of all others as well.
  const own = bytes.subarray(32);
  const pieces = Array.from({ length: Math.floor(own.length / PIECE_BYTES) }, (_, index) =>
    own.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES),
  );
  return readdirSync(join(dir, name), { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
    .filter((path) => {
      const found = readFileSync(path);
      return pieces.some((part) => found.includes(part));
    });
}

test("after a purge no file of a node's folder holds a part of what was sealed, while it runs or after it stopped", async () => {
  dir = await mkdtemp(join(tmpdir(), "gstore-purged-"));
  const anna = await start("anna");
  const berta = await start("berta", anna);
  const both = { wait: "all", copies: 2 } as const;
  const options = { ...both, userMetadata: { note: "x".repeat(700) }, contentType: "text/plain" };
  const gone = await anna.store("gone", randomBytes(200_000, "gone"), options);
  const older = await berta.store("gone", randomBytes(3000, "older"), options);
  const stays = await anna.store("stays", randomBytes(3000, "stays"), options);
  const sealed: Buffer[] = [];
  for (const { version } of [gone, older, stays]) sealed.push(await sealedOf("anna", version));
  const names = ["anna", "berta"];
  for (const name of names) for (const bytes of sealed) expect(holding(name, bytes)).not.toEqual([]);

  const report = await berta.purge("gone");
  expect(report.members.map(({ state }) => state)).toEqual(["destroyed", "destroyed"]);
  const [first, second, kept] = sealed as [Buffer, Buffer, Buffer];
  const check = (): void => {
    for (const name of names) for (const bytes of [first, second]) expect(holding(name, bytes)).toEqual([]);
    for (const name of names) expect(holding(name, kept)).not.toEqual([]);
  };
  check();
  for (const node of running.splice(0)) await node.stop();
  check();
});
