import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadIdentity, saveIdentity } from "../src/index.ts";
import { fixedIdentity } from "./fixtures.ts";

// As on exFAT and on some network folders.
vi.mock("node:fs/promises", async (importOriginal) => ({
  ...(await importOriginal<typeof import("node:fs/promises")>()),
  link: () => Promise.reject(Object.assign(new Error("no links here"), { code: "EPERM" })),
}));

const identity = fixedIdentity("files");
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gstore-keys-"));
  path = join(folder, "file.key");
});
afterEach(() => rm(folder, { recursive: true }));

test("a file system without hard links gets its key file, 0600 and alone", async () => {
  await saveIdentity(path, identity);
  expect((await loadIdentity(path)).peerId).toBe(identity.peerId);
  expect((await stat(path)).mode & 0o7777).toBe(0o600);
  expect(await readdir(folder)).toEqual(["file.key"]);
});

test("a file system without hard links keeps what has the name already", async () => {
  await writeFile(path, "something");
  await expect(saveIdentity(path, identity)).rejects.toMatchObject({ code: "ALREADY_INITIALISED" });
  expect(await readFile(path, "utf8")).toBe("something");
  expect(await readdir(folder)).toEqual(["file.key"]);
});
