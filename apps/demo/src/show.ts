import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { StoreAnswer } from "@gstore/gateway/client";
import type { DemoNode } from "./demo-node.ts";
import { GstoreFailure, gstore } from "./gstore-process.ts";
import { formatBytes, formatTime, type Narrator } from "./narrator.ts";
import { compareFiles, makeEditedFile, makeSampleFile, sha256 } from "./sample-file.ts";

const SAMPLE_BYTES = 48_000_000;
const KEY = "programs/node.bin";

export interface Stage {
  readonly narrator: Narrator;
  readonly anna: DemoNode;
  readonly berta: DemoNode;
  /** A folder for the files that are stored and read back. */
  readonly files: string;
  readonly signal: AbortSignal;
}

/** Everything the demo shows, from two empty folders on. Rejects where something isn't as it should be. */
export async function show(stage: Stage): Promise<void> {
  await makeNodes(stage);
  const address = await startNodes(stage);
  const sample = join(stage.files, "node.bin");
  await makeSample(stage, sample);
  const stored = await storeOnAnna(stage, sample);
  await readFromBerta(stage, { sample, stored });
  await storeEdited(stage, sample);
  await readWithoutAnna(stage);
  await bringAnnaBack(stage, address);
}

async function makeNodes({ narrator, anna, berta, signal }: Stage): Promise<void> {
  narrator.step("Make two nodes of one private network");
  await init(anna, [], signal);
  const network = join(anna.dir, "network.json");
  await init(berta, ["--from", network], signal);
  for (const node of [anna, berta]) {
    const [identity] = await gstore(["id", "--dir", node.dir], signal);
    narrator.tell(`${node.name.padEnd(5)}  ${identity?.id}  in ${node.dir}`);
    if (node === berta) narrator.tell(`network ${identity?.network}; its key is ${network}`);
  }
}

/** A folder given by --dir may have its node from last time. */
async function init(node: DemoNode, from: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await gstore(["init", "--dir", node.dir, "--name", node.name, ...from], signal);
  } catch (error) {
    if (!(error instanceof GstoreFailure && error.code === "ALREADY_INITIALISED")) throw error;
  }
}

async function startNodes({ narrator, anna, berta, signal }: Stage): Promise<string> {
  narrator.step("Start them, each as a process of its own");
  const addresses: string[] = [];
  for (const node of [anna, berta]) {
    const begun = performance.now();
    const [address = ""] = await node.up(addresses, signal);
    addresses.push(address);
    const took = formatTime(performance.now() - begun);
    narrator.tell(`${node.name.padEnd(5)}  process ${node.pid}, ready after ${took}, at ${address}`);
  }
  narrator.tell(
    `connected after ${formatTime(await untilConnected(berta, signal))}: TLS 1.3, both sides proved who they are`,
  );
  return addresses[1] ?? "";
}

async function makeSample({ narrator }: Stage, sample: string): Promise<void> {
  narrator.step("Take a real file: the first part of the Node program itself");
  await makeSampleFile(sample, SAMPLE_BYTES);
  narrator.tell(`${sample}: ${formatBytes((await stat(sample)).size)}`);
  narrator.tell(`sha256 ${await sha256(sample)}`);
}

async function storeOnAnna(stage: Stage, sample: string): Promise<StoreAnswer> {
  const { narrator, anna } = stage;
  narrator.step("Store it on anna, and wait until berta has it too");
  const stored = await put(stage, sample);
  if (stored.copies !== 2) throw new Error(`expected 2 copies, found ${stored.copies}`);
  const [status] = await gstore(["status", "--dir", anna.dir], stage.signal);
  const bytes = Number(status?.blobBytes);
  narrator.tell(
    `anna holds ${status?.blobs} encrypted blobs now: ${formatBytes(bytes)}, compressed where that helps`,
  );
  return stored;
}

async function put({ narrator, anna, signal }: Stage, path: string): Promise<StoreAnswer> {
  narrator.tell(`$ gstore --dir ${anna.dir} put ${path} ${KEY} --wait all`);
  const begun = performance.now();
  const [answer] = await gstore(["put", "--dir", anna.dir, path, KEY, "--wait", "all"], signal);
  const stored = answer as unknown as StoreAnswer;
  const names = stored.holders.map(({ name }) => name).sort();
  narrator.tell(
    `in ${formatTime(performance.now() - begun, stored.size)}: on ${stored.copies} of ${stored.wanted} nodes: ${names.join(", ")}`,
  );
  narrator.tell(`version ${stored.version}`);
  narrator.tell(`digest  ${stored.digest}`);
  return stored;
}

async function readFromBerta(
  stage: Stage,
  { sample, stored }: { sample: string; stored: StoreAnswer },
): Promise<void> {
  stage.narrator.step("Read it back from berta, and compare byte by byte");
  const { path, digest } = await get(stage, "from-berta.bin");
  if (digest !== stored.digest) throw new Error("berta's file has another digest");
  await tellEqual(stage, sample, path);
}

async function get(
  { narrator, berta, files, signal }: Stage,
  name: string,
): Promise<{ path: string; digest: unknown }> {
  const path = join(files, name);
  narrator.tell(`$ gstore --dir ${berta.dir} get ${KEY} -o ${path}`);
  const begun = performance.now();
  const [answer] = await gstore(["get", "--dir", berta.dir, KEY, "-o", path], signal);
  narrator.tell(`in ${formatTime(performance.now() - begun, Number(answer?.size))}`);
  return { path, digest: answer?.digest };
}

async function tellEqual({ narrator }: Stage, first: string, second: string): Promise<void> {
  const bytes = await compareFiles(first, second);
  narrator.tell(`all ${formatBytes(bytes)} are equal; sha256 ${await sha256(second)}`);
}

async function storeEdited(stage: Stage, sample: string): Promise<void> {
  const { narrator, anna, files, signal } = stage;
  narrator.step(
    "Put a line into the middle of the file, and store it again: only what is new is stored and sent",
  );
  const edited = join(files, "edited.bin");
  const text = `Everything behind this line has moved. ${new Date().toISOString()}\n`;
  await makeEditedFile(edited, { from: sample, position: SAMPLE_BYTES / 2, text });
  const [before] = await gstore(["status", "--dir", anna.dir], signal);
  const stored = await put(stage, edited);
  const [after] = await gstore(["status", "--dir", anna.dir], signal);
  const blobs = Number(after?.blobs) - Number(before?.blobs);
  narrator.tell(
    `${blobs} new blobs with ${formatBytes(stored.storedBytes)}, of a file of ${formatBytes(stored.size)}`,
  );
}

async function readWithoutAnna(stage: Stage): Promise<void> {
  const { narrator, anna, files } = stage;
  narrator.step("Stop anna, and read from berta once more: she needs nobody");
  narrator.tell(`anna stopped in ${formatTime(await anna.stop())}`);
  const { path } = await get(stage, "from-berta-alone.bin");
  await tellEqual(stage, join(files, "edited.bin"), path);
}

async function bringAnnaBack({ narrator, anna, berta, signal }: Stage, address: string): Promise<void> {
  narrator.step("Start anna again");
  const begun = performance.now();
  await anna.up([address], signal);
  await untilConnected(berta, signal);
  narrator.tell(`ready, and connected to berta, after ${formatTime(performance.now() - begun)}`);
}

/** Resolves when the node is connected to the other one, with the milliseconds it took. */
async function untilConnected(node: DemoNode, signal: AbortSignal): Promise<number> {
  const begun = performance.now();
  for (;;) {
    const peers = await gstore(["peers", "--dir", node.dir], signal);
    if (peers.some(({ connected }) => connected === true)) return performance.now() - begun;
    if (performance.now() - begun > 20_000) throw new Error(`${node.name} found nobody in 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
