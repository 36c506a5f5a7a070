import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  changePassphrase,
  createNode,
  initNode,
  passphraseUse,
  readNodeId,
  readRecoveryWords,
} from "../src/index.ts";
import { codeOf } from "./support/waiting.ts";

// The real cost would make these tests take minutes; those of @gstore/crypto and of the command line pay it.
vi.mock("node:crypto", async (importOriginal) => {
  const original = await importOriginal<typeof import("node:crypto")>();
  const scrypt = (
    passphrase: Uint8Array,
    salt: Uint8Array,
    _bytes: number,
    _cost: object,
    done: (error: null, key: Buffer) => void,
  ): void => done(null, original.createHash("sha256").update(passphrase).update(salt).digest());
  return { ...original, scrypt };
});

const ONE = "correct horse";
const TWO = "battery staple";

let root: string;
let dir: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "gstore-passphrases-"));
  dir = join(root, "anna");
});

afterEach(() => rm(root, { recursive: true, force: true }));

test("a node under a passphrase is opened by it alone, and asks for it once", {
  timeout: 60_000,
}, async () => {
  const { id } = await initNode({ dir, name: "anna", passphrase: ONE });
  expect(await passphraseUse(dir)).toBe("all");
  for (const name of ["identity", "network.json"])
    expect(await readFile(join(dir, name), "utf8")).not.toMatch(/Seed|Scalar/);
  let asked = 0;
  const passphrase = async (): Promise<string> => {
    asked++;
    return ONE;
  };
  const node = await createNode({ dir, listen: ["127.0.0.1:0"], passphrase });
  expect(asked).toBe(1);
  await node.start();
  expect(node.id).toBe(id);
  await node.stop();
  expect((await readRecoveryWords(dir, { passphrase: ONE })).split(" ")).toHaveLength(24);
  for (const wrong of [{}, { passphrase: TWO }, { passphrase: async () => TWO }]) {
    expect(await codeOf(createNode({ dir, ...wrong }))).toBe("PASSPHRASE_NEEDED");
    expect(await codeOf(readNodeId(dir, wrong))).toBe("PASSPHRASE_NEEDED");
    expect(await codeOf(readRecoveryWords(dir, wrong))).toBe("PASSPHRASE_NEEDED");
  }
});

test("nobody is asked for the passphrase of files that are under none", async () => {
  await initNode({ dir, name: "anna" });
  const passphrase = (): Promise<string> => Promise.reject(new Error("asked"));
  expect((await readNodeId(dir, { passphrase })).name).toBe("anna");
});

test("a passphrase is set, changed and removed", async () => {
  const { id } = await initNode({ dir, name: "anna" });
  const opens = async (passphrase: string): Promise<boolean> =>
    readNodeId(dir, { passphrase }).then(
      (read) => read.id === id,
      () => false,
    );
  await changePassphrase(dir, { from: undefined, to: ONE });
  expect([await passphraseUse(dir), await opens(ONE), await opens(TWO)]).toEqual(["all", true, false]);
  expect(await codeOf(changePassphrase(dir, { from: TWO, to: "x" }))).toBe("PASSPHRASE_NEEDED");
  await changePassphrase(dir, { from: ONE, to: TWO });
  expect([await opens(ONE), await opens(TWO)]).toEqual([false, true]);
  await changePassphrase(dir, { from: TWO, to: undefined });
  expect([await passphraseUse(dir), (await readNodeId(dir)).id]).toEqual(["none", id]);
});

test("a change that was cut off says so, and is finished by the same change", {
  timeout: 60_000,
}, async () => {
  const { id } = await initNode({ dir, name: "anna", passphrase: ONE });
  const network = join(dir, "network.json");
  await copyFile(network, join(root, "kept"));
  await changePassphrase(dir, { from: ONE, to: TWO });
  await copyFile(join(root, "kept"), network);
  await expect(readNodeId(dir, { passphrase: TWO })).rejects.toMatchObject({
    code: "PASSPHRASE_NEEDED",
    message: expect.stringContaining("gstore passphrase change"),
  });
  expect(await codeOf(changePassphrase(dir, { from: "other", to: TWO }))).toBe("PASSPHRASE_NEEDED");
  await changePassphrase(dir, { from: ONE, to: TWO });
  expect((await readNodeId(dir, { passphrase: TWO })).id).toBe(id);
});

test("a removal that was cut off still opens, and is finished by another one", {
  timeout: 60_000,
}, async () => {
  const { id } = await initNode({ dir, name: "anna", passphrase: ONE });
  await copyFile(join(dir, "network.json"), join(root, "kept"));
  await changePassphrase(dir, { from: ONE, to: undefined });
  await copyFile(join(root, "kept"), join(dir, "network.json"));
  expect(await passphraseUse(dir)).toBe("some");
  expect((await readNodeId(dir, { passphrase: ONE })).id).toBe(id);
  await changePassphrase(dir, { from: ONE, to: undefined });
  expect(await passphraseUse(dir)).toBe("none");
});

test("a network file under a passphrase makes another node with it", async () => {
  const { network, networkFile } = await initNode({ dir, name: "anna", passphrase: ONE });
  const other = { dir: join(root, "berta"), name: "berta", networkFile };
  expect(await codeOf(initNode(other))).toBe("PASSPHRASE_NEEDED");
  const made = await initNode({ ...other, networkFilePassphrase: async () => ONE, passphrase: TWO });
  expect(made.network).toBe(network);
  expect((await readNodeId(other.dir, { passphrase: TWO })).id).toBe(made.id);
});

test("what a cut-off init has left goes under the passphrase of the next", async () => {
  const { id } = await initNode({ dir, name: "anna" });
  await rm(join(dir, "membership"));
  const again = await initNode({ dir, name: "anna", passphrase: ONE });
  expect([again.id, await passphraseUse(dir)]).toEqual([id, "all"]);
});

test("init of one network refuses the left-over key of another", async () => {
  const { networkFile } = await initNode({ dir, name: "anna" });
  const cut = join(root, "cut");
  await initNode({ dir: cut, name: "cut" });
  await rm(join(cut, "membership"));
  await expect(initNode({ dir: cut, name: "cut", networkFile })).rejects.toThrow(/of another network/);
  await rm(join(cut, "network.json"));
  await initNode({ dir: cut, name: "cut", networkFile });
});

test("a folder without a node has no passphrase to change", async () => {
  await expect(changePassphrase(dir, { from: undefined, to: ONE })).rejects.toMatchObject({
    code: "NOT_INITIALISED",
  });
});
