import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf } from "@gstore/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadNetworkFile, saveNetworkFile } from "../src/index.ts";
import { fixedSecrets } from "./fixtures.ts";

interface Space {
  [name: string]: unknown;
  epochs: Record<string, unknown>[];
}
interface File {
  [name: string]: unknown;
  spaces: Space[];
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gstore-network-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Writes a network file with changed content and a checksum that fits, and loads it. */
async function loadChanged(change: (file: File, space: Space) => void): Promise<unknown> {
  const path = join(folder, "network.key");
  await saveNetworkFile(path, fixedSecrets("files"));
  const { checksum: _old, ...file } = JSON.parse(await readFile(path, "utf8")) as File;
  change(file as File, (file as File).spaces[0] as Space);
  const checksum = digestOf(Buffer.from(JSON.stringify(file)));
  await writeFile(path, JSON.stringify({ ...file, checksum }));
  return loadNetworkFile(path).then(
    () => "nothing",
    (error) => error.code,
  );
}

test("a file that was only written again is read", async () => {
  expect(await loadChanged(() => {})).toBe("nothing");
});

test.each<[string, (file: File, space: Space) => void]>([
  ["a network id of another root key", (file) => (file.networkId = `1e20${"00".repeat(32)}`)],
  ["no root key", (file) => delete file.rootSeed],
  ["a root key a byte short", (file) => (file.rootSeed = "00".repeat(31))],
  ["a root key in capitals", (file) => (file.rootSeed = "AA".repeat(32))],
  ["a field too many", (file) => (file.more = 1)],
  ["no spaces", (file) => (file.spaces = [])],
  ["spaces that are no list", (file) => (file.spaces = {} as never)],
  ["a space that is none", (file) => (file.spaces = [1] as never)],
  ["a space twice", (file, space) => file.spaces.push({ ...space, name: "other" })],
  ["two spaces of one name", (file, space) => file.spaces.push({ ...space, id: "00".repeat(16) })],
  ["a space with a name that is a path", (_file, space) => (space.name = "../x")],
  ["a space with a field too many", (_file, space) => (space.more = null)],
  ["a name key that is a number", (_file, space) => (space.nameKey = 1)],
  ["an epoch twice", (_file, space) => space.epochs.push({ ...space.epochs[0] })],
  ["an epoch with a field too many", (_file, space) => Object.assign(space.epochs[0] ?? {}, { more: 1 })],
  ["a current epoch that is not there", (_file, space) => (space.currentEpoch = "00".repeat(16))],
  ["a secret inherited from a prototype", (_file, space) => delete space.chunkSeed],
])("a file with %s is refused", async (_what, change) => {
  expect(await loadChanged(change)).toBe("KEY_FILE_INVALID");
});
