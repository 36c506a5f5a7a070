import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf } from "@gstore/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decryptKeyFile, encryptKeyFile, loadIdentity, saveIdentity } from "../src/index.ts";
import { fixedIdentity, fixedRandom, flipped } from "./fixtures.ts";

const identity = fixedIdentity("passphrase");
const passphrase = "correct horse battery staple";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gstore-passphrase-"));
  path = join(folder, "identity");
});
afterEach(() => rm(folder, { recursive: true }));

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "nothing",
    (error) => error.code,
  );

/** Writes the file again with other fields under a checksum that fits. */
async function rewrite(change: Record<string, unknown>): Promise<void> {
  const { checksum: _old, ...file } = { ...JSON.parse(await readFile(path, "utf8")), ...change };
  await writeFile(path, JSON.stringify({ ...file, checksum: digestOf(Buffer.from(JSON.stringify(file))) }));
}

describe("a key file under a passphrase", () => {
  test("is read with it, and tells none of its secrets", async () => {
    await saveIdentity(path, identity, { passphrase });
    const text = await readFile(path, "utf8");
    for (const field of ["signingSeed", "agreementScalar", identity.peerId])
      expect(text).not.toContain(field);
    const loaded = await loadIdentity(path, { passphrase });
    expect(loaded.privateKey.equals(identity.privateKey)).toBe(true);
  });

  test("asks for it where none or another is given", async () => {
    await saveIdentity(path, identity, { passphrase });
    expect(await codeOf(loadIdentity(path))).toBe("PASSPHRASE_NEEDED");
    expect(await codeOf(loadIdentity(path, { passphrase: `${passphrase} ` }))).toBe("PASSPHRASE_NEEDED");
  });

  test("is the same for a passphrase typed on another keyboard", async () => {
    await saveIdentity(path, identity, { passphrase: "caf\u00e9" });
    await loadIdentity(path, { passphrase: "cafe\u0301" });
  });

  test("is refused where it was changed under a right checksum", async () => {
    await saveIdentity(path, identity, { passphrase });
    const { sealed } = JSON.parse(await readFile(path, "utf8")) as { sealed: string };
    const changed = Buffer.from(flipped(Buffer.from(sealed, "hex"), 100)).toString("hex");
    await rewrite({ sealed: changed });
    expect(await codeOf(loadIdentity(path, { passphrase }))).toBe("PASSPHRASE_NEEDED");
  });

  test("can't make its reader work harder than we do", async () => {
    await saveIdentity(path, identity, { passphrase });
    for (const change of [{ cost: 2 ** 30 }, { blockSize: 1 }, { parallelization: 64 }, { salt: "00" }]) {
      const before = await readFile(path, "utf8");
      await rewrite(change);
      expect(await codeOf(loadIdentity(path, { passphrase }))).toBe("UNSUPPORTED_VERSION");
      await writeFile(path, before);
    }
    await rewrite({ cost: "much" });
    expect(await codeOf(loadIdentity(path, { passphrase }))).toBe("KEY_FILE_INVALID");
  });

  test("that is under none is read whatever is given", async () => {
    await saveIdentity(path, identity);
    await loadIdentity(path, { passphrase });
  });
});

describe("bytes under a passphrase", () => {
  const head = Buffer.from("a head");

  test("are bound to what is said about them, and differ each time", async () => {
    const plain = Buffer.from("text");
    const [left, right] = await Promise.all([1, 2].map(() => encryptKeyFile(plain, passphrase, { head })));
    expect(left?.sealed).not.toEqual(right?.sealed);
    const given = await encryptKeyFile(plain, passphrase, { head, random: fixedRandom("salt") });
    expect(Buffer.from(await decryptKeyFile(given, passphrase, { head }))).toEqual(plain);
    const other = decryptKeyFile(given, passphrase, { head: Buffer.from("another") });
    expect(await codeOf(other)).toBe("PASSPHRASE_NEEDED");
  });

  test("need one of 1 to 1024 bytes", async () => {
    for (const wrong of ["", "x".repeat(1025)])
      expect(await codeOf(encryptKeyFile(head, wrong, { head }))).toBe("INVALID_ARGUMENT");
  });
});
