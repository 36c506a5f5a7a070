import { afterEach, beforeEach, expect, test } from "vitest";
import type { SyncedFile } from "../../src/synced-file.ts";
import { UPLOAD_CHECKPOINT_BYTES, UPLOAD_IDLE_MS, UPLOADS_PER_OWNER_MAX } from "../../src/uploads/limits.ts";
import { slicesOf } from "../support/lone-node.ts";
import { randomBytes, readAll, TestNetwork, type TestNode } from "../support/test-network.ts";
import { codeOf, until } from "../support/waiting.ts";

const MIB = 1024 * 1024;
const CONTENT = randomBytes(5 * MIB, "upload");

let network: TestNetwork;
let file: SyncedFile;
let p: TestNode;

beforeEach(async () => {
  network = new TestNetwork();
  file = memoryFile();
  p = await network.node("p", { uploadsFile: file });
});
afterEach(async () => {
  await network.stop();
  expect(network.hub.unexpected).toEqual([]);
});

function memoryFile(): SyncedFile {
  let bytes: Uint8Array | null = null;
  return {
    path: "uploads.json",
    read: async () => bytes,
    replace: async (replaced) => {
      bytes = replaced;
    },
  };
}

/** The node's process ends without a word, and it is started again on what it had synced. */
async function restart(): Promise<void> {
  await p.node.stop();
  p = await network.node("p", { self: p.self, disk: p.disk.reopened(), uploadsFile: file });
}

const begin = async (key: string, length = CONTENT.length): Promise<string> =>
  (await p.node.uploads.create(key, { length })).id;

const rootOf = async (version: string) => (await p.disk.entries.get(version as never))?.entry.body.content;

test("pieces of any size become the very file that a put makes, restarts in between or not", async () => {
  const put = await p.node.store("put", CONTENT);
  const id = await begin("films/one");
  const cuts = [0, 1, 70_000, 1_000_000, 1_000_001, 3 * MIB, CONTENT.length - 1, CONTENT.length];
  let stored = null;
  for (const [at, from] of cuts.slice(0, -1).entries()) {
    const to = cuts[at + 1] as number;
    const answer = await p.node.uploads.append(id, CONTENT.subarray(from, to), { offset: from });
    expect(answer.offset).toBe(to);
    stored = answer.stored;
    if (at % 3 === 1) await restart();
    expect((await p.node.uploads.status(id)).offset).toBe(to);
  }
  expect(stored).toMatchObject({ key: "films/one", digest: put.digest, size: CONTENT.length, copies: 1 });
  expect((await readAll(p.node, "films/one")).equals(CONTENT)).toBe(true);
  const [made, wanted] = [await rootOf(stored?.version ?? ""), await rootOf(put.version)];
  expect(made).toEqual(wanted);
  // Whoever did not hear the answer finds that it is done.
  await restart();
  const { version, offset } = await p.node.uploads.status(id);
  expect([version, offset]).toEqual([stored?.version, CONTENT.length]);
});

test("what came before a source broke off stays, but where all or nothing is wanted", async () => {
  const id = await begin("a");
  const half = CONTENT.subarray(0, 2_500_000);
  const broken = () => slicesOf(half, { thenThrow: new Error("gone") });
  expect(await codeOf(p.node.uploads.append(id, broken(), { offset: 0, isWhole: true }))).toBe(
    "SOURCE_FAILED",
  );
  expect((await p.node.uploads.status(id)).offset).toBe(0);
  expect(await codeOf(p.node.uploads.append(id, broken(), { offset: 0 }))).toBe("SOURCE_FAILED");
  expect((await p.node.uploads.status(id)).offset).toBe(half.length);
  await restart();
  expect((await p.node.uploads.status(id)).offset).toBe(half.length);
  await p.node.uploads.append(id, CONTENT.subarray(half.length), { offset: half.length });
  expect((await readAll(p.node, "a")).equals(CONTENT)).toBe(true);
});

test("a long piece is written down on the way, so that a crash costs little of it", async () => {
  const length = UPLOAD_CHECKPOINT_BYTES + 4 * MIB;
  const id = await begin("long", length);
  let goOn = (): void => {};
  const going = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let isPast = false;
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < UPLOAD_CHECKPOINT_BYTES; at += MIB) yield CONTENT.subarray(0, MIB);
    isPast = true;
    await going;
    yield CONTENT.subarray(0, 4 * MIB);
  }
  const appending = p.node.uploads.append(id, source(), { offset: 0 });
  await until("the piece is past the mark", () => isPast);
  // What a crash would leave.
  const bytes = await file.read();
  const left: SyncedFile = { path: "uploads.json", read: async () => bytes, replace: async () => {} };
  const again = await network.node("again", { self: p.self, disk: p.disk.reopened(), uploadsFile: left });
  expect((await again.node.uploads.status(id)).offset).toBe(UPLOAD_CHECKPOINT_BYTES);
  await again.node.stop();
  goOn();
  expect((await appending).stored?.size).toBe(length);
}, 60_000);

test("another offset, more than the file has, and an upload that is not there are refused", async () => {
  const id = await begin("a", 10);
  const { uploads } = p.node;
  expect(await codeOf(uploads.append(id, Buffer.from("x"), { offset: 1 }))).toBe("INVALID_ARGUMENT");
  expect(await codeOf(uploads.append(id, Buffer.alloc(11), { offset: 0 }))).toBe("SOURCE_CHANGED");
  expect((await uploads.status(id)).offset).toBe(0);
  expect(await codeOf(uploads.status("0".repeat(32)))).toBe("KEY_NOT_FOUND");
  await uploads.remove(id);
  expect(await codeOf(uploads.append(id, Buffer.from("x"), { offset: 0 }))).toBe("KEY_NOT_FOUND");
  expect(await codeOf(uploads.create("../a", { length: 1 }))).toBe("INVALID_KEY");
  expect(await codeOf(uploads.create("a", { length: 2 ** 52 }))).toBe("TOO_LARGE");
});

test("who goes on with an upload ends what still waits for a client that has gone", async () => {
  const id = await begin("a");
  let isAsked = false;
  async function* silent(): AsyncGenerator<Uint8Array> {
    yield CONTENT.subarray(0, MIB);
    isAsked = true;
    await new Promise(() => {});
  }
  const first = codeOf(p.node.uploads.append(id, silent(), { offset: 0 }));
  await until("the first waits", () => isAsked);
  // Whoever only looks ends nothing, and sees what is written down.
  expect(p.node.uploads.find(id).offset).toBe(0);
  expect((await p.node.uploads.status(id)).offset).toBe(MIB);
  expect(await first).toBe("ABORTED");
  const { stored } = await p.node.uploads.append(id, CONTENT.subarray(MIB), { offset: MIB });
  expect(stored?.size).toBe(CONTENT.length);
});

test("what has come is no garbage while it may go on, and is once the upload is given up or too old", async () => {
  const collect = async () => (await p.parts.collection.collector.collect()).blobs;
  for (const end of ["removed", "expired"]) {
    const id = await begin(end);
    await p.node.uploads.append(id, CONTENT.subarray(0, 3 * MIB), { offset: 0 });
    await p.node.uploads.append(id, CONTENT.subarray(3 * MIB, 4 * MIB), { offset: 3 * MIB });
    await restart();
    // Of the first piece: its tree, and its last chunk, which went on.
    expect(await collect()).toBeLessThanOrEqual(2);
    expect(await collect()).toBe(0);
    expect(p.disk.blobs.usage().bytes).toBeGreaterThan(4 * MIB);
    if (end === "removed") await p.node.uploads.remove(id);
    else network.clock.advance(UPLOAD_IDLE_MS + 1);
    expect(await codeOf(p.node.uploads.status(id))).toBe("KEY_NOT_FOUND");
    await until("what it had is taken away", async () => {
      await collect();
      return p.disk.blobs.usage().blobs === 0;
    });
  }
});

test("nobody has more uploads than so many, and no name of theirs stands in clear on the disk", async () => {
  for (let made = 0; made < UPLOADS_PER_OWNER_MAX; made++) {
    await p.node.uploads.create(`films/${made}`, { length: 5, owner: "one", contentType: "video/mp4" });
  }
  expect(await codeOf(p.node.uploads.create("films/x", { length: 5, owner: "one" }))).toBe("TOO_BUSY");
  const { id } = await p.node.uploads.create("films/x", {
    length: 5,
    owner: "two",
    contentType: "video/mp4",
  });
  expect(Buffer.from((await file.read()) ?? []).toString()).not.toMatch(/films|video|main/);
  await restart();
  await p.node.uploads.append(id, Buffer.from("bytes"), { offset: 0 });
  expect((await p.node.stat("films/x")).contentType).toBe("video/mp4");
  expect(p.node.uploads.find(id)).toMatchObject({ space: "main", key: "films/x", offset: 5 });
});
