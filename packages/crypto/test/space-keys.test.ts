import { createSecretKey } from "node:crypto";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import {
  type BlobSecret,
  digestOf,
  type EntryBody,
  type EpochId,
  type KeyId,
  type SpaceId,
} from "@gstore/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createNetworkSecrets, encodeChunk, SpaceKeys, type SpaceSecrets } from "../src/index.ts";
import {
  bodyOf,
  codeOf,
  fixedBytes,
  fixedIdentity,
  fixedRandom,
  fixedSecrets,
  flipped,
  metadataOf,
  secretOf,
} from "./fixtures.ts";

const ours = fixedSecrets("ours").spaces[0] as SpaceSecrets;
const keys = new SpaceKeys(ours);
const plain = Buffer.from("the quick brown fox jumps over the lazy dog");
const chunk = { bytes: plain, codec: "none", plainSize: plain.length } as const;

/** The space after its epoch was followed by another one. */
function rotated(): SpaceSecrets {
  const epoch = { id: "0e".repeat(16) as EpochId, secret: createSecretKey(fixedBytes("second epoch", 32)) };
  return { ...ours, epochs: [...ours.epochs, epoch], currentEpoch: epoch.id };
}

describe("a sealed chunk", () => {
  test("opens to its bytes, for any bytes and codec", () => {
    const codec = fc.constantFrom("none", "zstd");
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 5000 }), codec, (bytes, using) => {
        const { blob, digest, secret } = keys.sealChunk({
          bytes,
          codec: using as "none",
          plainSize: bytes.length,
        });
        expect(blob.length).toBe(bytes.length + 17);
        expect(digest).toBe(digestOf(blob));
        expect(keys.openChunk(blob, secret)).toEqual(bytes);
      }),
    );
  });

  test("may be as large as chunks get, and no larger", () => {
    const bytes = new Uint8Array(1 << 20).fill(7);
    const { blob, secret } = keys.sealChunk({ bytes, codec: "none", plainSize: bytes.length });
    expect(keys.openChunk(blob, secret)).toEqual(bytes);
    const larger = new Uint8Array((1 << 20) + 1);
    expect(codeOf(() => keys.sealChunk({ bytes: larger, codec: "none", plainSize: larger.length }))).toBe(
      "INVALID_FORMAT",
    );
    expect(codeOf(() => keys.sealChunk({ bytes: larger, codec: "zstd", plainSize: 100 }))).toBe(
      "INVALID_ARGUMENT",
    );
    expect(codeOf(() => keys.sealChunk({ ...chunk, plainSize: 0 }))).toBe("INVALID_ARGUMENT");
    expect(codeOf(() => keys.sealChunk({ ...chunk, plainSize: 3 }))).toBe("INVALID_ARGUMENT");
    expect(
      codeOf(() => keys.openChunk(new Uint8Array((1 << 20) + 18).fill(1), secretOf(5, { codec: "zstd" }))),
    ).toBe("SEAL_BROKEN");
  });

  test("with any bit turned, or cut anywhere, is refused", () => {
    const { blob, secret } = keys.sealChunk(chunk);
    for (let bit = 0; bit < blob.length * 8; bit++) {
      const code = codeOf(() => keys.openChunk(flipped(blob, bit), secret));
      expect(bit < 8 ? ["SEAL_BROKEN", "UNSUPPORTED_VERSION"] : ["SEAL_BROKEN"], `bit ${bit}`).toContain(
        code,
      );
    }
    for (let length = 0; length < blob.length; length++) {
      expect(codeOf(() => keys.openChunk(blob.subarray(0, length), secret))).toBe("SEAL_BROKEN");
    }
    const zstd = keys.sealChunk({ ...chunk, codec: "zstd" });
    for (let length = 0; length < blob.length; length++) {
      expect(codeOf(() => keys.openChunk(zstd.blob.subarray(0, length), zstd.secret))).toBe("SEAL_BROKEN");
    }
  });

  test("with a random bit turned in a random chunk is refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 3000 }), fc.nat(), (bytes, where) => {
        const { blob, secret } = keys.sealChunk({ bytes, codec: "zstd", plainSize: bytes.length });
        const code = codeOf(() => keys.openChunk(flipped(blob, where % (blob.length * 8)), secret));
        expect(["SEAL_BROKEN", "UNSUPPORTED_VERSION"]).toContain(code);
      }),
    );
  });

  test("does not open with a secret that differs in any part", () => {
    const { blob, secret } = keys.sealChunk(chunk);
    for (let bit = 0; bit < 256; bit++) {
      const changed = { ...secret, material: flipped(secret.material, bit) };
      expect(codeOf(() => keys.openChunk(blob, changed))).toBe("SEAL_BROKEN");
    }
    expect(codeOf(() => keys.openChunk(blob, { ...secret, codec: "zstd" }))).toBe("SEAL_BROKEN");
    expect(codeOf(() => keys.openChunk(blob, { ...secret, plainSize: 42 }))).toBe("SEAL_BROKEN");
    expect(codeOf(() => keys.openChunk(blob, { ...secret, epoch: "00".repeat(16) as EpochId }))).toBe(
      "KEY_MISSING",
    );
  });

  test("is the same on two nodes of a space, and after a restart", () => {
    const again = new SpaceKeys({ ...ours, nameKey: createSecretKey(ours.nameKey.export()) });
    expect(again.sealChunk(chunk)).toEqual(keys.sealChunk(chunk));
  });

  test("shares no digest between two networks, spaces, epochs or codecs", () => {
    const inOtherNetwork = new SpaceKeys(fixedSecrets("theirs").spaces[0] as SpaceSecrets);
    const inOtherSpace = new SpaceKeys({ ...ours, id: "0a".repeat(16) as SpaceId });
    const inOtherEpoch = new SpaceKeys(rotated());
    const digests = [keys, inOtherNetwork, inOtherSpace, inOtherEpoch].flatMap((space) =>
      (["none", "zstd"] as const).map((codec) => space.sealChunk({ ...chunk, codec }).digest),
    );
    expect(new Set(digests).size).toBe(8);
  });

  test("shares no run of bytes with one that differs in its last byte", () => {
    const zeros = (last: number): Uint8Array =>
      keys.sealChunk({ bytes: Buffer.from([...Buffer.alloc(63), last]), codec: "none", plainSize: 64 }).blob;
    const [left, right] = [zeros(0), zeros(1)];
    const equal = left.filter((byte, index) => byte === right[index]).length;
    expect(equal).toBeLessThan(16);
  });

  test("of an earlier epoch opens after the rotation, one of a later epoch not before", () => {
    const after = new SpaceKeys(rotated());
    const old = keys.sealChunk(chunk);
    expect(after.openChunk(old.blob, old.secret)).toEqual(new Uint8Array(plain));
    const young = after.sealChunk(chunk);
    expect(codeOf(() => keys.openChunk(young.blob, young.secret))).toBe("KEY_MISSING");
  });
});

describe("a sealed manifest node", () => {
  const children = ["one", "two"].map((text) => ({ digest: digestOf(Buffer.from(text)), size: 1000 }));
  const secrets: BlobSecret[] = [secretOf(600_000), secretOf(70_000, { codec: "zstd" })];
  const { blob, digest, secret } = keys.sealManifestNode({ level: 1, children, secrets });

  test("opens to its children and their secrets", () => {
    expect(keys.openManifestNode(blob, secret, 1)).toEqual({ children, secrets });
    expect(digest).toBe(digestOf(blob));
    expect(secret.plainSize).toBe(670_000);
  });

  test("with any bit turned, or cut anywhere, is refused", () => {
    for (let bit = 0; bit < blob.length * 8; bit++) {
      const code = codeOf(() => keys.openManifestNode(flipped(blob, bit), secret, 1));
      expect(["SEAL_BROKEN", "INVALID_FORMAT", "UNSUPPORTED_VERSION"], `bit ${bit}`).toContain(code);
    }
    for (let length = 0; length < blob.length; length++) {
      expect(codeOf(() => keys.openManifestNode(blob.subarray(0, length), secret, 1))).toBe("INVALID_FORMAT");
    }
  });

  test("of another level than expected, or under another secret, is refused", () => {
    expect(codeOf(() => keys.openManifestNode(blob, secret, 2))).toBe("SEAL_BROKEN");
    expect(codeOf(() => keys.openManifestNode(blob, { ...secret, plainSize: 1 }, 1))).toBe("SEAL_BROKEN");
    expect(codeOf(() => keys.openManifestNode(blob, { ...secret, codec: "zstd" }, 1))).toBe("SEAL_BROKEN");
    expect(codeOf(() => keys.openManifestNode(blob, { ...secret, material: fixedBytes("x", 32) }, 1))).toBe(
      "SEAL_BROKEN",
    );
  });

  test("is the same on two nodes, and another one where a child, its size or its secret differs", () => {
    const digests = [
      { level: 1, children, secrets },
      { level: 1, children: [...children].reverse(), secrets },
      { level: 1, children: children.map((child) => ({ ...child, size: 1001 })), secrets },
      { level: 1, children, secrets: [...secrets].reverse() },
    ].map((node) => new SpaceKeys(ours).sealManifestNode(node).secret.material);
    expect(new Set(digests.map(String)).size).toBe(4);
    expect(new SpaceKeys(ours).sealManifestNode({ level: 1, children, secrets }).blob).toEqual(blob);
  });

  test("is not made where secrets do not fit the children", () => {
    const seal = (level: number, given: BlobSecret[]): unknown =>
      codeOf(() => keys.sealManifestNode({ level, children, secrets: given }));
    expect(seal(1, secrets.slice(1))).toBe("INVALID_ARGUMENT");
    expect(seal(1, [secretOf(2 << 20), secretOf(1)])).toBe("INVALID_ARGUMENT");
    expect(seal(2, secrets)).toBe("INVALID_ARGUMENT");
    expect(seal(2, [secretOf(2 << 20), secretOf(1)])).toBe("nothing");
    expect(seal(2, [secretOf(Number.MAX_SAFE_INTEGER), secretOf(1)])).toBe("INVALID_ARGUMENT");
    expect(codeOf(() => keys.sealManifestNode({ level: 1, children: [], secrets: [] }))).toBe(
      "INVALID_ARGUMENT",
    );
  });

  test("of as many children as there may be fits into a blob", () => {
    const many = Array.from({ length: 4096 }, (_, index) => ({
      digest: digestOf(Buffer.from(`${index}`)),
      size: 1 << 20,
    }));
    const node = keys.sealManifestNode({
      level: 2,
      children: many,
      secrets: many.map(() => secretOf(2 ** 40)),
    });
    expect(keys.openManifestNode(node.blob, node.secret, 2).children).toHaveLength(4096);
  });
});

describe("sealed metadata", () => {
  const author = fixedIdentity("author");
  const body = bodyOf(author, keys);
  const open = (parts: Partial<EntryBody>, using: SpaceKeys = keys): unknown =>
    codeOf(() => using.openMetadata({ body: { ...body, ...parts } }));

  test("opens to what was sealed", () => {
    expect(keys.openMetadata({ body })).toEqual(metadataOf());
  });

  test("is different each time", () => {
    const entry = { space: keys.space, keyId: body.keyId };
    expect(keys.sealMetadata(entry, metadataOf())).not.toEqual(keys.sealMetadata(entry, metadataOf()));
  });

  test("has another salt for other metadata or another key, even if the randomness repeats", () => {
    const stuck = (): SpaceKeys =>
      new SpaceKeys(ours, { bytes: (length) => new Uint8Array(length), below: () => 0 });
    const saltOf = (name: string, parts: Parameters<typeof metadataOf>[0] = {}): string => {
      const keyId = keys.keyIdOf(name);
      const sealed = stuck().sealMetadata({ space: keys.space, keyId }, metadataOf({ name, ...parts }));
      return Buffer.from(sealed.subarray(17, 49)).toString("hex");
    };
    const salts = [saltOf("a"), saltOf("b"), saltOf("a", { mode: null }), saltOf("a", { size: 26 })];
    expect(new Set(salts).size).toBe(4);
    expect(saltOf("a")).toBe(salts[0]);
  });

  test("with any bit turned, or cut anywhere, is refused", () => {
    for (let bit = 0; bit < body.sealed.length * 8; bit++) {
      const code = open({ sealed: flipped(body.sealed, bit) });
      expect(["SEAL_BROKEN", "UNSUPPORTED_VERSION", "KEY_MISSING"], `bit ${bit}`).toContain(code);
    }
    for (let length = 0; length < body.sealed.length; length++) {
      expect(["SEAL_BROKEN", "KEY_MISSING"]).toContain(open({ sealed: body.sealed.subarray(0, length) }));
    }
  });

  test("put under another key of the space is refused", () => {
    expect(open({ keyId: keys.keyIdOf("other") })).toBe("SEAL_BROKEN");
  });

  test("of another space or epoch is refused", () => {
    expect(open({ space: "0a".repeat(16) as SpaceId })).toBe("KEY_MISSING");
    expect(open({}, new SpaceKeys({ ...ours, id: "0a".repeat(16) as SpaceId }))).toBe("KEY_MISSING");
    const theirs = fixedSecrets("theirs").spaces[0] as SpaceSecrets;
    expect(open({}, new SpaceKeys({ ...theirs, id: ours.id }))).toBe("KEY_MISSING");
    const [epoch] = theirs.epochs;
    if (epoch === undefined) throw new Error("no epoch");
    const wrongSecret = { ...ours, epochs: [{ id: ours.currentEpoch, secret: epoch.secret }] };
    expect(open({}, new SpaceKeys(wrongSecret))).toBe("SEAL_BROKEN");
  });

  test("with a name that is not the keyId's is refused, by a writer who has the keys too", () => {
    const lying = new SpaceKeys({ ...ours, nameKey: createSecretKey(fixedBytes("name key", 32)) });
    const sealed = lying.sealMetadata(
      { space: keys.space, keyId: lying.keyIdOf("notes/today.txt") },
      metadataOf(),
    );
    expect(open({ sealed, keyId: lying.keyIdOf("notes/today.txt") })).toBe("SEAL_BROKEN");
  });

  test("is not sealed for another key, another space, or under a name that can't be read again", () => {
    const seal = (entry: { space: SpaceId; keyId: KeyId }, name: string): unknown =>
      codeOf(() => keys.sealMetadata(entry, metadataOf({ name })));
    const { space } = keys;
    expect(seal({ space, keyId: keys.keyIdOf("a") }, "a")).toBe("nothing");
    expect(seal({ space, keyId: keys.keyIdOf("a") }, "b")).toBe("INVALID_ARGUMENT");
    expect(seal({ space: "0a".repeat(16) as SpaceId, keyId: keys.keyIdOf("a") }, "a")).toBe(
      "INVALID_ARGUMENT",
    );
    expect(seal({ space, keyId: keys.keyIdOf("../a") }, "../a")).toBe("INVALID_FORMAT");
  });

  test("that does not fit the entry's content is refused", () => {
    const content = body.content ?? undefined;
    expect(open({ content: null })).toBe("SEAL_BROKEN");
    const sealedWith = (parts: Parameters<typeof metadataOf>[0]): Uint8Array =>
      keys.sealMetadata(body, metadataOf(parts));
    expect(open({ sealed: sealedWith({ rootSecret: null }) })).toBe("SEAL_BROKEN");
    expect(open({ sealed: sealedWith({ size: 26 }) })).toBe("SEAL_BROKEN");
    expect(open({ sealed: sealedWith({ size: 2 << 20, rootSecret: secretOf(2 << 20) }) })).toBe(
      "SEAL_BROKEN",
    );
    expect(open({ sealed: sealedWith({ rootSecret: secretOf(25, { codec: "zstd" }) }) })).toBe("nothing");
    const tree = content && { ...content, level: 1 };
    expect(
      tree && open({ content: tree, sealed: sealedWith({ rootSecret: secretOf(25, { codec: "zstd" }) }) }),
    ).toBe("SEAL_BROKEN");
    expect(open({ content: null, sealed: sealedWith({ rootSecret: null, size: 0 }) })).toBe("nothing");
    expect(open({ content: null, sealed: sealedWith({ rootSecret: null, size: 1 }) })).toBe("SEAL_BROKEN");
  });
});

describe("SpaceKeys", () => {
  test("names a key the same in every epoch, and differently in every space", () => {
    expect(new SpaceKeys(rotated()).keyIdOf("a")).toBe(keys.keyIdOf("a"));
    expect(new SpaceKeys(rotated()).chunkerSeed()).toEqual(keys.chunkerSeed());
    const other = new SpaceKeys(createNetworkSecrets(fixedRandom("x")).spaces[0] as SpaceSecrets);
    expect(other.keyIdOf("a")).not.toBe(keys.keyIdOf("a"));
    expect(other.chunkerSeed()).not.toEqual(keys.chunkerSeed());
  });

  test("is not made without its current epoch", () => {
    expect(codeOf(() => new SpaceKeys({ ...ours, epochs: [] }))).toBe("KEY_MISSING");
  });

  test("can be made in a worker thread from secrets posted there", () => {
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(ours);
    const received = receiveMessageOnPort(port2)?.message as SpaceSecrets;
    port1.close();
    expect(new SpaceKeys(received).sealChunk(chunk)).toEqual(keys.sealChunk(chunk));
  });

  test("seals what encodeChunk makes of a chunk", () => {
    const text = Buffer.from("a line of text\n".repeat(1000));
    const encoded = encodeChunk(text);
    const { blob } = keys.sealChunk({ ...encoded, plainSize: text.length });
    expect(blob.length).toBeLessThan(300);
  });
});
