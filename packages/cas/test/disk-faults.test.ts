import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ErrorCode } from "@gstore/core";
import { EntryMaker } from "@gstore/testing";
import { describe, expect, onTestFinished, test } from "vitest";
import { openDiskStore } from "../src/index.ts";
import { type DiskOperation, FaultyFiles, systemError } from "./faulty-files.ts";
import { contentOf, crashCopy, numberedBlob, openScratch, packPaths, scratchFolder } from "./scratch.ts";

/** Fails the next operation of a name with a system's code. */
function failNext(files: FaultyFiles, name: DiskOperation["name"], code: string): void {
  files.before = (operation) => {
    if (operation.name !== name) return;
    files.before = () => {};
    throw systemError(code);
  };
}

const CASES: [DiskOperation["name"], string, ErrorCode][] = [
  ["write", "ENOSPC", "STORE_FULL"],
  ["write", "EDQUOT", "STORE_FULL"],
  ["write", "EROFS", "STORE_READ_ONLY"],
  ["write", "EIO", "STORE_IO"],
  ["datasync", "EIO", "STORE_IO"],
  ["datasync", "ENOSPC", "STORE_FULL"],
];

describe("a disk that fails", () => {
  test.each(CASES)(
    "at %s with %s gives %s, and the store goes on in another segment",
    async (name, code, expected) => {
      const files = new FaultyFiles();
      const dir = scratchFolder();
      const store = await openScratch({ dir, files });
      const [one, two, three] = [numberedBlob(1), numberedBlob(2), numberedBlob(3)];
      await store.blobs.put(one.digest, one.bytes);
      failNext(files, name, code);
      const failed = store.blobs.put(two.digest, two.bytes);
      await expect(failed).rejects.toMatchObject({ code: expected, fields: { systemCode: code } });
      expect((await store.blobs.get(one.digest)).length).toBe(100);
      await expect(store.blobs.get(two.digest)).rejects.toMatchObject({ code: "BLOB_NOT_FOUND" });
      expect(await store.blobs.put(two.digest, two.bytes)).toBe(true);
      await store.blobs.put(three.digest, three.bytes);
      expect(packPaths(dir)).toHaveLength(2);
      const content = await contentOf(store);
      await store.close();
      const again = await openScratch({ dir });
      expect(await contentOf(again)).toEqual(content);
    },
  );

  test("after a failed sync the segment is never written or synced with success again", async () => {
    const files = new FaultyFiles();
    const dir = scratchFolder();
    const store = await openScratch({ dir, files });
    await store.blobs.put(numberedBlob(1).digest, numberedBlob(1).bytes);
    const [first] = packPaths(dir);
    failNext(files, "datasync", "EIO");
    await expect(store.blobs.put(numberedBlob(2).digest, numberedBlob(2).bytes)).rejects.toMatchObject({
      code: "STORE_IO",
    });
    const from = files.operations.length;
    await store.blobs.put(numberedBlob(3).digest, numberedBlob(3).bytes);
    const later = files.operations.slice(from).filter(({ name }) => name === "write");
    expect(later.length).toBeGreaterThan(0);
    expect(later.every(({ path }) => path !== first)).toBe(true);
  });

  test("what failed to be synced never contradicts what was acknowledged later", async () => {
    const files = new FaultyFiles();
    const dir = scratchFolder();
    const store = await openScratch({ dir, files });
    const maker = new EntryMaker(1);
    const blob = numberedBlob(1);
    await store.blobs.put(blob.digest, blob.bytes);
    // The records reach the file, the sync fails, and so does cutting them off.
    files.before = ({ name }) => {
      if (name === "datasync" || name === "truncate") throw systemError("EIO");
    };
    const lost = maker.fork({ key: "lost" });
    const outcomes = await Promise.allSettled([
      store.entries.append([lost], { complete: true }),
      store.blobs.delete([blob.digest]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    files.before = () => {};
    const kept = maker.next({ key: "kept" });
    // The deletion may be on the disk: the put has to write the blob again to rely on it.
    expect(await store.blobs.put(blob.digest, blob.bytes)).toBe(true);
    await store.entries.append([kept], { complete: true });
    const copy = crashCopy(dir);
    rmSync(join(copy, "index"), { recursive: true });
    const rebuilt = await openScratch({ dir: copy });
    expect(await contentOf(rebuilt)).toEqual({ blobs: [blob.digest], entries: [kept.id], membership: [] });
  });

  test("a new segment whose header can't be synced is not used", async () => {
    const files = new FaultyFiles();
    const dir = scratchFolder();
    const store = await openScratch({ dir, files });
    failNext(files, "syncFolder", "EIO");
    const { digest, bytes } = numberedBlob(1);
    await expect(store.blobs.put(digest, bytes)).rejects.toMatchObject({ code: "STORE_IO" });
    expect(packPaths(dir)).toHaveLength(0);
    await store.blobs.put(digest, bytes);
    expect((await store.blobs.get(digest)).length).toBe(100);
  });
});

const isRoot = process.getuid?.() === 0;

/** Mounts a small file system; skips the test visibly where that can't be done. */
function mountSmall(skip: (reason: string) => void, bytes: string): string {
  const folder = join(scratchFolder(), "mount");
  mkdirSync(folder);
  try {
    if (!isRoot) throw new Error("not root");
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "none", folder], { stdio: "ignore" });
  } catch (error) {
    skip(`no small file system can be mounted here: ${(error as Error).message}`);
  }
  onTestFinished(() => {
    execFileSync("umount", ["-l", folder]);
  });
  return folder;
}

describe("a real small disk", () => {
  test("when full, puts reject with STORE_FULL, reads go on, and puts succeed once there is room", async ({
    skip,
  }) => {
    const mount = mountSmall(skip, "6m");
    const dir = join(mount, "store");
    const store = await openDiskStore({ dir });
    const stored: ReturnType<typeof numberedBlob>[] = [];
    let failure: unknown;
    for (let index = 0; index < 200 && failure === undefined; index++) {
      const blob = numberedBlob(index, 100_000);
      await store.blobs.put(blob.digest, blob.bytes).then(
        () => stored.push(blob),
        (error) => {
          failure = error;
        },
      );
    }
    expect(failure).toMatchObject({ code: "STORE_FULL", fields: { systemCode: "ENOSPC" } });
    expect(stored.length).toBeGreaterThan(20);
    for (const { digest, bytes } of stored)
      expect(Buffer.compare(await store.blobs.get(digest), bytes)).toBe(0);
    for (let round = 0; round < 300; round++) {
      const blob = numberedBlob(1000 + round, 100_000);
      await expect(store.blobs.put(blob.digest, blob.bytes)).rejects.toMatchObject({ code: "STORE_FULL" });
    }
    execFileSync("mount", ["-o", "remount,size=12m", mount]);
    const late = numberedBlob(999, 100_000);
    expect(await store.blobs.put(late.digest, late.bytes)).toBe(true);
    await store.close();
    const again = await openDiskStore({ dir });
    expect((await contentOf(again)).blobs).toEqual([...stored, late].map(({ digest }) => digest).sort());
    expect((await again.blobs.verify()).damaged).toEqual([]);
    await again.close();
  });

  test("a disk that was full when the index was committed loses nothing", async ({ skip }) => {
    const mount = mountSmall(skip, "8m");
    const dir = join(mount, "store");
    const store = await openDiskStore({ dir });
    const blobs = Array.from({ length: 3000 }, (_, index) => numberedBlob(index, 1000));
    await Promise.all(blobs.map(({ digest, bytes }) => store.blobs.put(digest, bytes)));
    fill(join(mount, "ballast"));
    await store.close();
    rmSync(join(mount, "ballast"));
    const again = await openDiskStore({ dir });
    expect((await contentOf(again)).blobs).toEqual(blobs.map(({ digest }) => digest).sort());
    await again.close();
  });

  test("when it becomes read-only, puts reject with STORE_READ_ONLY and reads go on", async ({ skip }) => {
    const mount = mountSmall(skip, "16m");
    const dir = join(mount, "store");
    const store = await openDiskStore({ dir });
    const [one, two] = [numberedBlob(1), numberedBlob(2)];
    await store.blobs.put(one.digest, one.bytes);
    await store.close();
    execFileSync("mount", ["-o", "remount,ro", mount]);
    await expect(openDiskStore({ dir })).rejects.toMatchObject({ code: "STORE_READ_ONLY" });
    execFileSync("mount", ["-o", "remount,rw", mount]);
    const again = await openDiskStore({ dir });
    await again.blobs.put(two.digest, two.bytes);
    expect((await again.blobs.get(one.digest)).length).toBe(100);
    await again.close();
  });
});

function fill(path: string): void {
  for (const bytes of [1_000_000, 100_000, 4096]) {
    try {
      for (let index = 0; index < 100; index++) writeFileSync(path, Buffer.alloc(bytes), { flag: "a" });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}
