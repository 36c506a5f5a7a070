import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EntryMaker } from "@gstore/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { nodeDiskFiles } from "../src/disk-files.ts";
import { FaultyFiles, systemError } from "./faulty-files.ts";
import { contentOf, numberedBlob, openScratch, packPaths, scratchFolder } from "./scratch.ts";

const MIB = 1024 * 1024;

/** Blobs of sizes that end within blocks, fill staging buffers exactly, and pass over their ends. */
const SIZES = [20, 63, 4032, 4096, 100_000, 4 * MIB - 64, 4 * MIB, 3 * MIB + 17, 4 * MIB - 1];

/** Writes all sizes at once and one by one, and what other records there are; then reads everything back. */
async function writeAndRead(dir: string, files: FaultyFiles): Promise<void> {
  const store = await openScratch({ dir, files });
  const blobs = SIZES.map((size, index) => numberedBlob(index, size));
  for (const { digest, bytes } of blobs.slice(0, 5)) await store.blobs.put(digest, bytes);
  await Promise.all(blobs.map(({ digest, bytes }) => store.blobs.put(digest, bytes)));
  await store.entries.append([new EntryMaker(1).next()], { complete: true });
  for (const { digest, bytes } of blobs) expect(Buffer.compare(await store.blobs.get(digest), bytes)).toBe(0);
  const content = await contentOf(store);
  expect(content.blobs).toHaveLength(blobs.length);
  await store.close();
  const again = await openScratch({ dir });
  expect(await contentOf(again)).toEqual(content);
  expect(await again.blobs.verify()).toMatchObject({ damaged: [], damagedSpans: [] });
  await again.close();
}

describe("writing past the page cache", () => {
  test("is done in whole blocks from aligned memory, where the disk allows it", async ({ skip }) => {
    const dir = scratchFolder(tmpdir());
    const memory = await nodeDiskFiles.directMemory(dir, 4096);
    if (memory === undefined) skip(`files in ${dir} can't be written past the page cache`);
    expect(readdirSync(dir)).toEqual([]);
    const files = new FaultyFiles();
    await writeAndRead(dir, files);
    expect(files.memory).toBeDefined();
    expect(files.directWrites).toBeGreaterThan(SIZES.length);
  });

  test("is not tried again where the folder's file system refused it", async () => {
    const files = new FaultyFiles();
    files.refusesDirect = true;
    await writeAndRead(scratchFolder(), files);
    expect(files.directWrites).toBe(0);
  });

  test("is not possible on a file system that has none, and trying leaves nothing behind", async ({
    skip,
  }) => {
    const mount = mountRamfs(skip);
    expect(await nodeDiskFiles.directMemory(mount, 4096)).toBeUndefined();
    expect(readdirSync(mount)).toEqual([]);
  });

  test("is seen at once by reads, also where the page cache holds what lies beside it", async () => {
    const dir = scratchFolder(tmpdir());
    const store = await openScratch({ dir });
    const blobs = Array.from({ length: 60 }, (_, index) =>
      numberedBlob(index, 1 + ((index * 7919) % 20_000)),
    );
    for (const [index, { digest, bytes }] of blobs.entries()) {
      await store.blobs.put(digest, bytes);
      for (const other of blobs.slice(Math.max(0, index - 3), index + 1))
        expect(Buffer.compare(await store.blobs.get(other.digest), other.bytes)).toBe(0);
    }
  });
});

/** A ramfs, which refuses O_DIRECT when a file is opened, after it made the file. */
function mountRamfs(skip: (reason: string) => void): string {
  const folder = join(scratchFolder(), "mount");
  mkdirSync(folder);
  try {
    execFileSync("mount", ["-t", "ramfs", "none", folder], { stdio: "ignore" });
  } catch (error) {
    skip(`no ramfs can be mounted here: ${(error as Error).message}`);
  }
  onTestFinished(() => {
    execFileSync("umount", ["-l", folder]);
  });
  return folder;
}

/** A store in which one small blob is written and 2 MiB are queued behind it; what the disk does next is up to the test. */
async function withGroupBehind() {
  const files = new FaultyFiles();
  const dir = scratchFolder();
  const store = await openScratch({ dir, files });
  await store.blobs.put(numberedBlob(0).digest, numberedBlob(0).bytes);
  const held = Promise.withResolvers<void>();
  const writeBegins = Promise.withResolvers<void>();
  files.before = ({ name }) => {
    if (name !== "write") return undefined;
    writeBegins.resolve();
    return held.promise;
  };
  const small = numberedBlob(1);
  const first = store.blobs.put(small.digest, small.bytes);
  await writeBegins.promise;
  const large = [numberedBlob(2, MIB), numberedBlob(3, MIB)];
  const second = Promise.allSettled(large.map(({ digest, bytes }) => store.blobs.put(digest, bytes)));
  return { files, dir, store, small, first, large, second, release: held.resolve };
}

describe("a group that is written while the one before is synced", () => {
  test("counts only after a sync of its own", async () => {
    const { files, store, small, first, large, second, release } = await withGroupBehind();
    const syncs = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const isWritten = Promise.withResolvers<void>();
    let syncCount = 0;
    files.before = ({ name }) => {
      if (name === "write") isWritten.resolve();
      if (name !== "datasync") return undefined;
      begun[syncCount]?.resolve();
      return syncs[syncCount++]?.promise;
    };
    release();
    // Written beside the sync of the first one, which has not ended.
    await Promise.all([begun[0]?.promise, isWritten.promise]);
    expect(await store.blobs.missing([small.digest])).toEqual([small.digest]);
    syncs[0]?.resolve();
    await first;
    await begun[1]?.promise;
    const digests = large.map(({ digest }) => digest);
    expect(await store.blobs.missing(digests)).toEqual(digests);
    syncs[1]?.resolve();
    await second;
    expect(await store.blobs.missing(digests)).toEqual([]);
  });

  test("is cut off when its own sync fails", async () => {
    const { files, dir, store, small, first, second, release } = await withGroupBehind();
    const isWritten = Promise.withResolvers<void>();
    let syncs = 0;
    files.before = async ({ name }) => {
      if (name === "write") files.written = () => setImmediate(isWritten.resolve);
      if (name !== "datasync") return;
      await isWritten.promise;
      if (++syncs === 1) return;
      files.before = () => {};
      throw systemError("EIO");
    };
    release();
    await first;
    expect((await second).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await store.blobs.missing([small.digest])).toEqual([]);
    const content = await contentOf(store);
    await store.close();
    rmSync(join(dir, "index"), { recursive: true });
    expect(await contentOf(await openScratch({ dir }))).toEqual(content);
  });

  test("fails with it, and the segment is cut off only when nothing is being written to it any more", async () => {
    const { files, dir, store, small, first, large, second, release } = await withGroupBehind();
    const writing = Promise.withResolvers<void>();
    const writeBegins = Promise.withResolvers<void>();
    const from = files.operations.length;
    files.before = async ({ name }) => {
      if (name === "write") {
        writeBegins.resolve();
        await writing.promise;
      } else if (name === "datasync") {
        await writeBegins.promise;
        files.before = () => {};
        throw systemError("EIO");
      }
    };
    release();
    await writeBegins.promise;
    await new Promise((resolve) => setImmediate(resolve));
    expect(files.operations.slice(from).map(({ name }) => name)).not.toContain("truncate");
    writing.resolve();
    await expect(first).rejects.toMatchObject({ code: "STORE_IO" });
    expect((await second).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await store.blobs.missing([small, ...large].map(({ digest }) => digest))).toHaveLength(3);
    await store.blobs.put(small.digest, small.bytes);
    expect(packPaths(dir)).toHaveLength(2);
    const content = await contentOf(store);
    await store.close();
    rmSync(join(dir, "index"), { recursive: true });
    expect(await contentOf(await openScratch({ dir }))).toEqual(content);
  });

  test("fails alone when it can't be written", async () => {
    const { files, dir, store, small, first, large, second, release } = await withGroupBehind();
    files.before = ({ name }) => {
      if (name !== "write") return;
      files.before = () => {};
      throw systemError("ENOSPC");
    };
    release();
    await first;
    expect((await second).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect(await store.blobs.missing([small, ...large].map(({ digest }) => digest))).toHaveLength(2);
    const content = await contentOf(store);
    await store.close();
    expect(await contentOf(await openScratch({ dir }))).toEqual(content);
  });
});

test("a group of several writes fails as a whole when one of them does", async () => {
  const files = new FaultyFiles();
  const dir = scratchFolder();
  const store = await openScratch({ dir, files });
  await store.blobs.put(numberedBlob(0).digest, numberedBlob(0).bytes);
  let writes = 0;
  files.before = ({ name }) => {
    if (name === "write" && ++writes === 1) throw systemError("EIO");
  };
  const blobs = [1, 2, 3, 4].map((number) => numberedBlob(number, 3 * MIB));
  const puts = await Promise.allSettled(blobs.map(({ digest, bytes }) => store.blobs.put(digest, bytes)));
  expect(puts.map(({ status }) => status)).toEqual(Array(4).fill("rejected"));
  files.before = () => {};
  await store.close();
  expect((await contentOf(await openScratch({ dir }))).blobs).toEqual([numberedBlob(0).digest]);
});
