import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  generateRootKey,
  loadIdentity,
  loadNetworkFile,
  loadNetworkKeys,
  saveIdentity,
  saveNetworkFile,
  saveNetworkKeys,
} from "../src/index.ts";
import { fixedIdentity, fixedRandom, fixedSecrets } from "./fixtures.ts";

const identity = fixedIdentity("files");
const secrets = fixedSecrets("files");
const root = generateRootKey(fixedRandom("files"));
const kinds = [
  {
    kind: "identity",
    save: (path: string) => saveIdentity(path, identity),
    load: (path: string): Promise<unknown> => loadIdentity(path),
  },
  {
    kind: "network",
    save: (path: string) => saveNetworkFile(path, secrets),
    load: (path: string): Promise<unknown> => loadNetworkFile(path),
  },
  {
    kind: "network keys",
    save: (path: string) => saveNetworkKeys(path, { networkId: root.networkId, root }),
    load: (path: string): Promise<unknown> => loadNetworkKeys(path),
  },
] as const;

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "gstore-keys-"));
  path = join(folder, "file.key");
});
afterEach(() => rm(folder, { recursive: true }));

async function failure(
  promise: Promise<unknown>,
): Promise<{ code: unknown; message: string; cause?: unknown }> {
  return promise.then(
    () => ({ code: "nothing", message: "" }),
    (error) => error,
  );
}

test("an identity is read as it was saved", async () => {
  await saveIdentity(path, identity);
  const loaded = await loadIdentity(path);
  expect(loaded.peerId).toBe(identity.peerId);
  expect(loaded.agreementPublicKey).toEqual(identity.agreementPublicKey);
  expect(loaded.deriveKey("x")).toEqual(identity.deriveKey("x"));
  expect(loaded.sign(Buffer.from("text"))).toEqual(identity.sign(Buffer.from("text")));
  expect(loaded.privateKey.equals(identity.privateKey)).toBe(true);
  expect(loaded.agreementPrivateKey.equals(identity.agreementPrivateKey)).toBe(true);
});

test("network secrets are read as they were saved", async () => {
  await saveNetworkFile(path, secrets);
  const loaded = await loadNetworkFile(path);
  expect(loaded.networkId).toBe(secrets.networkId);
  expect(loaded.rootPublicKey).toEqual(secrets.rootPublicKey);
  expect(loaded.rootPrivateKey.equals(secrets.rootPrivateKey)).toBe(true);
  const [before, after] = [secrets.spaces[0], loaded.spaces[0]];
  expect(after).toMatchObject({ id: before?.id, name: "main", currentEpoch: before?.currentEpoch });
  expect(before && after?.nameKey.equals(before.nameKey)).toBe(true);
  expect(before && after?.chunkSeed.equals(before.chunkSeed)).toBe(true);
  expect(before?.epochs[0] && after?.epochs[0]?.secret.equals(before.epochs[0].secret)).toBe(true);
});

test("network keys are read as they were saved, with the root's and without", async () => {
  await saveNetworkKeys(path, { networkId: root.networkId, root });
  const loaded = await loadNetworkKeys(path);
  expect(loaded.networkId).toBe(root.networkId);
  expect(loaded.root?.privateKey.equals(root.privateKey)).toBe(true);
  const bare = join(folder, "bare.key");
  await saveNetworkKeys(bare, { networkId: root.networkId, root: null });
  expect(await loadNetworkKeys(bare)).toEqual({ networkId: root.networkId, root: null });
});

test("network keys of which the root's is another network's are refused", async () => {
  const networkId = generateRootKey(fixedRandom("others")).networkId;
  await saveNetworkKeys(path, { networkId, root });
  expect((await failure(loadNetworkKeys(path))).code).toBe("KEY_FILE_INVALID");
});

describe.each(kinds)("the $kind file", ({ save, load }) => {
  test.each([0o000, 0o022, 0o777])(
    "has mode 0600 under umask %o, and leaves nothing beside it",
    async (mask) => {
      const before = process.umask(mask);
      try {
        await save(path);
      } finally {
        process.umask(before);
      }
      expect((await stat(path)).mode & 0o7777).toBe(0o600);
      expect(await readdir(folder)).toEqual(["file.key"]);
    },
  );

  test("replaces nothing that has its name", async () => {
    await writeFile(path, "something");
    expect((await failure(save(path))).code).toBe("ALREADY_INITIALISED");
    expect(await readFile(path, "utf8")).toBe("something");
    expect(await readdir(folder)).toEqual(["file.key"]);
  });

  test("is made by exactly one of two savers", async () => {
    const results = await Promise.all([failure(save(path)), failure(save(path))]);
    expect(results.map(({ code }) => code).sort()).toEqual(["ALREADY_INITIALISED", "nothing"]);
    await load(path);
  });

  test("is not made where its folder is missing, and the error says why", async () => {
    const error = await failure(save(join(folder, "missing", "file.key")));
    expect(error).toMatchObject({ code: "STORE_IO", fields: { systemCode: "ENOENT" } });
  });

  test("that is not there is not initialised", async () => {
    const error = await failure(load(path));
    expect(error.code).toBe("NOT_INITIALISED");
    expect(error.message).toContain("gstore init");
  });

  test.each([0o640, 0o604, 0o620, 0o601, 0o644])(
    "with mode %o is refused, and the error says what to do",
    async (mode) => {
      await save(path);
      await chmod(path, mode);
      const error = await failure(load(path));
      expect(error.code).toBe("KEY_FILE_INVALID");
      expect(error.message).toContain(`chmod 600 ${path}`);
    },
  );

  test("with mode 0400 is read", async () => {
    await save(path);
    await chmod(path, 0o400);
    await load(path);
  });

  test("that is a folder, too large, or no JSON is refused", async () => {
    await mkdir(path);
    expect((await failure(load(path))).code).toBe("KEY_FILE_INVALID");
    await rm(path, { recursive: true });
    await writeFile(path, "{".repeat(2 << 20), { mode: 0o600 });
    expect((await failure(load(path))).code).toBe("KEY_FILE_INVALID");
    for (const text of ["", "{", "[]", "null", "1", '"a"', "{}"]) {
      await writeFile(path, text);
      expect((await failure(load(path))).code).toBe("KEY_FILE_INVALID");
    }
  });

  test("of a newer version asks for an update", async () => {
    await save(path);
    const text = await readFile(path, "utf8");
    await writeFile(path, text.replace(/"version": \d/, '"version": 9'));
    expect((await failure(load(path))).code).toBe("UNSUPPORTED_VERSION");
  });

  test("is read in another indentation", async () => {
    await save(path);
    await writeFile(path, JSON.stringify(JSON.parse(await readFile(path, "utf8"))));
    await load(path);
  });

  test("is refused with any character changed, and no error tells a secret", async () => {
    await save(path);
    const text = await readFile(path, "utf8");
    const secretsIn = text.match(/[0-9a-f]{64}/g) ?? [];
    expect(secretsIn.length).toBeGreaterThan(1);
    const file = await open(path, "r+");
    try {
      for (let at = 0; at < text.length; at++) {
        const original = text[at] as string;
        // White space between fields is no content.
        if (/\s/.test(original)) continue;
        await file.write(original === "0" ? "1" : "0", at);
        const error = await failure(load(path));
        await file.write(original, at);
        expect(["KEY_FILE_INVALID", "UNSUPPORTED_VERSION"], `at ${at}`).toContain(error.code);
        const said = `${error.message} ${String(error.cause)}`;
        expect(secretsIn.some((secret) => said.includes(secret.slice(0, 16)))).toBe(false);
      }
    } finally {
      await file.close();
    }
    await load(path);
  });
});

test("the other kind of file is refused", async () => {
  await saveIdentity(path, identity);
  expect((await failure(loadNetworkFile(path))).code).toBe("KEY_FILE_INVALID");
});
