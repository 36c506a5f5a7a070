import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  generateRootKey,
  isKeyFileSealed,
  type KeyFileOptions,
  loadIdentity,
  loadNetworkKeys,
  type PassphraseChange,
  prepareReseal,
  saveIdentity,
  saveNetworkKeys,
} from "../src/index.ts";
import { fixedIdentity, fixedRandom } from "./fixtures.ts";

const faults = vi.hoisted(() => ({ seal: false, rename: false }));
// The real cost would make these tests take minutes; passphrase.test.ts pays it.
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
vi.mock("../src/passphrase.ts", async (importOriginal) => {
  const original = await importOriginal<typeof import("../src/passphrase.ts")>();
  return {
    ...original,
    encryptKeyFile: async (plain: Uint8Array, ...rest: [string, { head: Uint8Array }]) =>
      original.encryptKeyFile(faults.seal ? Buffer.from("{}") : plain, ...rest),
  };
});
vi.mock("node:fs/promises", async (importOriginal) => {
  const original = await importOriginal<typeof import("node:fs/promises")>();
  const rename: typeof original.rename = async (...args) => {
    if (faults.rename) throw Object.assign(new Error("no room"), { code: "ENOSPC" });
    await original.rename(...args);
  };
  return { ...original, rename };
});

const identity = fixedIdentity("reseal");
const root = generateRootKey(fixedRandom("reseal"));
const kinds = [
  {
    name: "identity",
    save: (path: string, options: KeyFileOptions) => saveIdentity(path, identity, options),
    secretOf: async (path: string, options: KeyFileOptions) => (await loadIdentity(path, options)).privateKey,
    secret: identity.privateKey,
  },
  {
    name: "network",
    save: (path: string, options: KeyFileOptions) =>
      saveNetworkKeys(path, { networkId: root.networkId, root }, options),
    secretOf: async (path: string, options: KeyFileOptions) =>
      (await loadNetworkKeys(path, options)).root?.privateKey,
    secret: root.privateKey,
  },
] as const;

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gstore-reseal-"));
  path = join(folder, "file.key");
});
afterEach(async () => {
  Object.assign(faults, { seal: false, rename: false });
  await rm(folder, { recursive: true });
});

const under = (passphrase: string | undefined): KeyFileOptions =>
  passphrase === undefined ? {} : { passphrase };
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing",
    (error) => error.code,
  );

describe.each(kinds)("a change of the passphrase of the $name file", ({ name, save, secretOf, secret }) => {
  const change = async ({ from, to }: Partial<PassphraseChange>): Promise<void> =>
    (await prepareReseal(path, name, { from, to }))?.();

  test.each([
    [undefined, "one"],
    ["one", "two"],
    ["one", "one"],
    ["one", undefined],
  ])("from %j to %j keeps the keys, 0600 and alone in its folder", async (from, to) => {
    await save(path, under(from));
    const before = await readFile(path, "utf8");
    const umask = process.umask(0);
    await change({ from, to }).finally(() => process.umask(umask));
    expect((await secretOf(path, under(to)))?.equals(secret)).toBe(true);
    expect(await isKeyFileSealed(path, name)).toBe(to !== undefined);
    expect(await readFile(path, "utf8")).not.toBe(before);
    expect((await stat(path)).mode & 0o7777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["file.key"]);
    if (from !== undefined && from !== to && to !== undefined)
      expect(await codeOf(secretOf(path, under(from)))).toBe("PASSPHRASE_NEEDED");
  });

  test("changes nothing before it is carried out, nor where neither passphrase opens the file", async () => {
    await save(path, under("one"));
    const before = await readFile(path, "utf8");
    await prepareReseal(path, name, { from: "one", to: "two" });
    for (const wrong of [{ to: "two" }, { from: "two" }, { from: "two", to: "three" }])
      expect(await codeOf(change(wrong))).toBe("PASSPHRASE_NEEDED");
    expect(await readFile(path, "utf8")).toBe(before);
  });

  test("that was made already is nothing to do", async () => {
    await save(path, under("two"));
    expect(await prepareReseal(path, name, { from: "one", to: "two" })).toBeNull();
    expect(await prepareReseal(path, name, { from: undefined, to: "two" })).toBeNull();
    await change({ from: "two", to: undefined });
    expect(await prepareReseal(path, name, { from: "two", to: undefined })).toBeNull();
  });

  test("of which the disk gives back something else leaves the file as it was", async () => {
    await save(path, {});
    const before = await readFile(path, "utf8");
    faults.seal = true;
    expect(await codeOf(change({ to: "one" }))).toBe("KEY_FILE_INVALID");
    expect([await readFile(path, "utf8"), await readdir(folder)]).toEqual([before, ["file.key"]]);
  });

  test("for which there is no room leaves the file as it was", async () => {
    await save(path, {});
    const before = await readFile(path, "utf8");
    faults.rename = true;
    expect(await codeOf(change({ to: "one" }))).toBe("STORE_FULL");
    expect([await readFile(path, "utf8"), await readdir(folder)]).toEqual([before, ["file.key"]]);
  });
});
