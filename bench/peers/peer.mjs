// One node of gstore for a peer-benchmark harness (see gstore.mjs), with everything on: chunking, encryption, TLS,
// verification and a sync on every node. What the harness calls `add` ends when the file is synced and verified on every
// node (`wait: "all"`), so that a receiver works while the file is still being read; `fetch` checks that it is so.
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { dirname, join, relative } from "node:path";
import { Writable } from "node:stream";
import { setFlagsFromString } from "node:v8";

// As `gstore up` does (apps/cli/src/node-memory.ts); before anything of a node is loaded.
setFlagsFromString("--semi-space-growth-factor=1");
const { createNode, initNode, joinNetwork } = await import("@gstore/server");

const READ_BYTES = 512 * 1024;
/** As many as a node takes on at once; `gstore put FOLDER` does the same. */
const FILES_AT_ONCE = 16;
const CONNECT_TIMEOUT_MS = 20_000;
const FETCH_TIMEOUT_MS = 300_000;

let node;
let profiler;
let copies;
/** Versions that this node said it holds: every blob verified and synced here. */
const held = new Set();
let heldChanged = () => {};

export async function start({ dir, name, ticket }) {
  if (ticket === undefined) await initNode({ dir, name });
  const joined = ticket === undefined ? null : await joinNetwork({ dir, name, ticket });
  node = await createNode({ dir, listen: ["127.0.0.1:0"], bootstrap: joined?.addresses ?? [] });
  node.on("held", ({ version, holder }) => {
    if (holder !== node.id) return;
    held.add(version);
    heldChanged();
  });
  await node.start();
  return node.addresses()[0];
}

export async function invite() {
  return (await node.invite()).ticket;
}

/** Nodes do not look for each other's addresses by themselves. */
export async function connect(addresses) {
  for (const address of addresses) await node.connect(address);
}

/** Resolves when this node is connected to every other one. */
export async function connected(count) {
  copies = count;
  const deadline = Date.now() + CONNECT_TIMEOUT_MS;
  while (node.peers().filter(({ connected }) => connected).length < count - 1) {
    if (Date.now() > deadline) throw new Error("the nodes did not find each other");
    await sleep(20);
  }
  if (process.env.GSTORE_BENCH_PROFILE) await beginProfile();
}

export async function add(path, key) {
  const source = createReadStream(path, { highWaterMark: READ_BYTES });
  const { version } = await node.store(key, source, { copies, wait: "all" });
  return { key, versions: [version] };
}

export async function fetch({ versions }) {
  const deadline = Date.now() + FETCH_TIMEOUT_MS;
  while (!versions.every((version) => held.has(version))) {
    if (Date.now() > deadline) throw new Error("this node does not hold all of it");
    const change = new Promise((resolve) => {
      heldChanged = resolve;
    });
    await Promise.race([change, sleep(1000)]);
  }
}

export async function addDir(dir) {
  const files = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((item) =>
    item.isFile(),
  );
  const versions = [];
  const rest = files.values();
  const lane = async () => {
    for (const file of rest) {
      const path = join(file.parentPath, file.name);
      const key = `d10k/${relative(dir, path)}`;
      versions.push((await node.store(key, await readFile(path), { copies, wait: "all" })).version);
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, lane));
  return { key: "d10k/", versions };
}

export const fetchDir = fetch;

export async function put(bytes, key) {
  await node.store(key, bytes, { copies, wait: "all" });
  return key;
}

export async function get(key) {
  const { stream } = await node.get(key);
  return Buffer.from(await new Response(stream).arrayBuffer());
}

export async function exportFile({ key }, path) {
  const { stream } = await node.get(key);
  await stream.pipeTo(Writable.toWeb(createWriteStream(path)));
}

export async function exportDir({ key }, folder) {
  for (let after; ; ) {
    const page = await node.list(key, after === undefined ? {} : { after });
    for (const item of page.items) {
      const path = join(folder, item.key.slice(key.length));
      await mkdir(dirname(path), { recursive: true });
      await exportFile(item, path);
    }
    if (page.next === null) return;
    after = page.next;
  }
}

export async function stop() {
  await node.stop();
}

async function beginProfile() {
  profiler = new Session();
  profiler.connect();
  await profiler.post("Profiler.enable");
  await profiler.post("Profiler.setSamplingInterval", { interval: 250 });
  await profiler.post("Profiler.start");
}

export async function endProfile(path) {
  const { profile } = (await profiler?.post("Profiler.stop")) ?? {};
  profiler = undefined;
  if (profile !== undefined) await writeFile(path, JSON.stringify(profile));
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
