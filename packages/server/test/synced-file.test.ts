import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { refusedByDisk, syncedFile } from "../src/synced-file.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "gstore-synced-file-"));
});
afterEach(() => rm(dir, { recursive: true }));

test("a synced file is replaced as a whole, for its owner alone", async () => {
  const file = syncedFile(join(dir, "small"));
  expect(await file.read()).toBeNull();
  await file.replace(Buffer.from("one"));
  await file.replace(Buffer.from("two"));
  expect(Buffer.from((await file.read()) ?? "").toString()).toBe("two");
  expect((await stat(file.path)).mode & 0o777).toBe(0o600);
  expect(await readdir(dir)).toEqual(["small"]);
});

test("what the disk refuses has a code that programs know", async () => {
  const file = syncedFile(join(dir, "no-folder", "small"));
  await expect(file.replace(Buffer.from("one"))).rejects.toMatchObject({
    ...{ name: "GstoreError", code: "STORE_IO", retryable: true },
    fields: { path: file.path, systemCode: "ENOENT" },
  });
  for (const [systemCode, code] of [
    ["ENOSPC", "STORE_FULL"],
    ["EROFS", "STORE_READ_ONLY"],
    ["EIO", "STORE_IO"],
  ] as const)
    expect(refusedByDisk(Object.assign(new Error(), { code: systemCode }), "x").code).toBe(code);
});
