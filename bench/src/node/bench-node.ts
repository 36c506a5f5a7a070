/**
 * One node in this process, driven from outside by the functions below: by the benchmarks here (node-host.ts) and by the
 * peer benchmark's harness (../../peers/peer.mjs). It is the node that `gstore up` runs, used as a program uses it.
 */
import { randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { dirname, join, relative } from "node:path";
import type { GstoreNode, Source, StoreResult } from "@gstore/server";
import { manySmall, repeating } from "./made-bytes.ts";
import { sizeYoungMemory } from "./young-memory.ts";

sizeYoungMemory();
const { createNode, fileSource, initNode, joinNetwork } = await import("@gstore/server");

/** What a program that stores many small files keeps going: they share syncs and messages. */
const FILES_AT_ONCE = 64;
const CONNECT_TIMEOUT_MS = 20_000;
const HEARD_TIMEOUT_MS = 10_000;
const HELD_TIMEOUT_MS = 300_000;
const COMES_TO_HOLD_MS = 500;
const PROBE_BYTES = 256 * 1024;

/** What a put gives to who waits for it elsewhere. */
export interface Stored {
  readonly key: string;
  readonly versions: readonly string[];
}

let node: GstoreNode;
let copies = 1;
let profiler: Session | undefined;
/** Versions that this node said it holds: every blob verified and synced here. */
const held = new Set<string>();
let heldChanged = (): void => {};

/** Makes the node's folder where there is none, starts it and gives its address. */
export async function start(options: {
  readonly dir: string;
  readonly name: string;
  readonly ticket?: string | undefined;
  readonly isNew?: boolean;
  /** Default: this machine alone can dial it, and so nobody is told of it by multicast DNS. */
  readonly listen?: string;
}): Promise<string> {
  const { dir, name, ticket, isNew = true, listen = "127.0.0.1:0" } = options;
  let bootstrap: readonly string[] = [];
  if (isNew && ticket === undefined) await initNode({ dir, name });
  else if (isNew && ticket !== undefined) bootstrap = (await joinNetwork({ dir, name, ticket })).addresses;
  node = await createNode({ dir, listen: [listen], bootstrap });
  node.on("held", ({ version, holder }) => {
    if (holder !== node.id) return;
    held.add(version);
    heldChanged();
  });
  await node.start();
  return node.addresses()[0] ?? "";
}

export async function invite(): Promise<string> {
  return (await node.invite()).ticket;
}

/** Nodes do not look for each other's addresses by themselves. */
export async function connect(addresses: readonly string[]): Promise<void> {
  for (const address of addresses) await node.connect(address);
}

/** Resolves when this node is connected to every other one of so many. Puts then want as many copies. */
export async function connected(count: number): Promise<void> {
  copies = count;
  const deadline = Date.now() + CONNECT_TIMEOUT_MS;
  while (node.peers().filter((peer) => peer.connected).length < count - 1) {
    if (Date.now() > deadline) throw new Error("the nodes did not find each other");
    await sleep(20);
  }
  if (process.env.GSTORE_BENCH_PROFILE) await beginProfile();
}

/** Ends when the file is verified and synced on every node, so that the others work while it is still being read. */
export async function add(path: string, key: string): Promise<Stored> {
  const { version } = await store(key, fileSource(path));
  return { key, versions: [version] };
}

export async function addDir(dir: string): Promise<Stored> {
  const items = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = items.filter((item) => item.isFile()).values();
  const versions: string[] = [];
  await lanes(async () => {
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      versions.push((await store(`tree/${relative(dir, path)}`, await readFile(path))).version);
    }
  });
  return { key: "tree/", versions };
}

/** Checks that this node holds it all, and waits where it does not. */
export async function fetch({ versions }: Stored): Promise<void> {
  const deadline = Date.now() + HELD_TIMEOUT_MS;
  while (!versions.every((version) => held.has(version))) {
    if (Date.now() > deadline) throw new Error("this node does not hold all of it");
    const change = new Promise<void>((resolve) => {
      heldChanged = resolve;
    });
    await Promise.race([change, sleep(1000)]);
  }
}

export const fetchDir: typeof fetch = fetch;

export async function put(bytes: Uint8Array, key: string): Promise<string> {
  await store(key, bytes);
  return key;
}

export async function get(key: string): Promise<Uint8Array> {
  const { stream } = await node.get(key);
  return Buffer.from(await new Response(stream).arrayBuffer());
}

export async function exportFile({ key }: { readonly key: string }, path: string): Promise<void> {
  const file = await open(path, "w");
  try {
    const { stream } = await node.get(key);
    for await (const bytes of stream) await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

export async function exportDir({ key }: Stored, folder: string): Promise<void> {
  for (let after: string | undefined; ; ) {
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

/** Stores what is too large to go along with its announcement as one copy, here until it is there; gives the version. */
export async function addProbe(key: string): Promise<string> {
  return (await node.store(key, randomBytes(PROBE_BYTES), { copies: 1, wait: "local" })).version;
}

/** Whether this node comes to hold a version. It does so at once or not at all. */
export async function comesToHold(version: string): Promise<boolean> {
  await sleep(COMES_TO_HOLD_MS);
  return held.has(version);
}

/** Stores the file as one copy under a key whose place is here, so that others must read it from here. */
export async function addHere(path: string, key: string): Promise<void> {
  await node.store(key, fileSource(path), { copies: 1, wait: "local" });
}

/** Resolves when this node has heard of the version of so many bytes. */
export async function knows(key: string, bytes: number): Promise<void> {
  const deadline = Date.now() + HEARD_TIMEOUT_MS;
  while ((await node.stat(key)).size !== bytes) {
    if (Date.now() > deadline) throw new Error("the new version was not heard of");
    await sleep(20);
  }
}

/** Reads a file, or a range of it, to its end and throws it away; gives the number of bytes. */
export async function drain(
  key: string,
  range?: { readonly start: number; readonly end: number },
): Promise<number> {
  const { stream } = await node.get(key, range === undefined ? {} : { range });
  let bytes = 0;
  for await (const part of stream) bytes += part.length;
  return bytes;
}

/** Stores made-up bytes of one file. */
export async function putMade(key: string, bytes: number): Promise<void> {
  await store(key, repeating(bytes));
}

/** Stores so many small files of made-up bytes, numbered from `first`; gives the milliseconds. */
export async function putMany(prefix: string, first: number, count: number): Promise<number> {
  const started = performance.now();
  const files = manySmall(first, count);
  await lanes(async () => {
    for (const { index, bytes } of files) await store(`${prefix}${String(index).padStart(9, "0")}`, bytes);
  });
  return performance.now() - started;
}

/** Stores so many small files here, wanted by all members: others get them when they come. */
export async function putAlone(prefix: string, count: number): Promise<void> {
  for (const { index, bytes } of manySmall(0, count))
    await node.store(`${prefix}${index}`, bytes, { wait: "local" });
}

/** Lists one page below a prefix, after a key; gives the milliseconds and the number of items. */
export async function listPage(prefix: string, after: string): Promise<{ ms: number; items: number }> {
  const started = performance.now();
  const { items } = await node.list(prefix, { after, limit: 1000 });
  return { ms: performance.now() - started, items: items.length };
}

export async function stop(): Promise<void> {
  await node.stop();
}

async function beginProfile(): Promise<void> {
  profiler = new Session();
  profiler.connect();
  await profiler.post("Profiler.enable");
  await profiler.post("Profiler.setSamplingInterval", { interval: 250 });
  await profiler.post("Profiler.start");
}

export async function endProfile(path: string): Promise<void> {
  if (profiler === undefined) return;
  const { profile } = await profiler.post("Profiler.stop");
  profiler = undefined;
  await writeFile(path, JSON.stringify(profile));
}

function store(key: string, source: Source): Promise<StoreResult> {
  return node.store(key, source, { copies, wait: "all" });
}

async function lanes(lane: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, lane));
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What this node has. */
export async function counts(): Promise<{ readonly entries: number; readonly blobs: number }> {
  const { entries, blobs } = await node.status();
  return { entries, blobs };
}

/** Resolves when this node has as much, blobs included: between two pages nothing is in work. */
export async function inSync(wanted: { readonly entries: number; readonly blobs: number }): Promise<void> {
  const deadline = Date.now() + HELD_TIMEOUT_MS;
  for (;;) {
    const { entries, blobs } = await counts();
    if (entries >= wanted.entries && blobs >= wanted.blobs) return;
    if (Date.now() > deadline) throw new Error(`not in sync: ${entries} entries, ${blobs} blobs`);
    await sleep(50);
  }
}

/** Bytes that went between this node and its peers, both ways, over the connections that are there. */
export async function peerBytes(): Promise<number> {
  return node
    .peers()
    .reduce(
      (sum, { connection }) => sum + (connection?.bytesSent ?? 0) + (connection?.bytesReceived ?? 0),
      0,
    );
}
