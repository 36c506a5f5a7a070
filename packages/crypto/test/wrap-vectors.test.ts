import { createSecretKey, scryptSync } from "node:crypto";
import { type EpochId, encodeCbor, type NetworkId, type PeerId, type SpaceId } from "@gstore/core";
import { describe, expect, test } from "vitest";
import { privateKeyOfSeed, rawPublicKeyOf } from "../src/asymmetric-keys.ts";
import {
  decryptKeyFile,
  RootKey,
  recoveryWords,
  unwrap,
  type WrapContext,
  type WrapHolder,
  wrapFor,
} from "../src/index.ts";
import { decodeLifeSecrets, openPreviousEpoch } from "../src/space-secrets-codec.ts";
import { expand, hmac, seal } from "./reference.ts";
import { readVectors } from "./vector-files.ts";

type Texts<K extends string> = Readonly<Record<K, string>>;

interface WrapVectors {
  readonly root: Texts<"seed" | "recoveryScalar" | "recoveryKey" | "words"> & {
    readonly networkId: NetworkId;
  };
  readonly recipient: Texts<"agreementScalar" | "agreementKey"> & { readonly peerId: PeerId };
  readonly space: Texts<"name" | "nameKey" | "chunkSeed" | "plain"> & { readonly id: SpaceId };
  readonly epochs: readonly [Epoch, Epoch];
  readonly sealedPrevious: string;
  readonly wraps: Readonly<Record<"life" | "epoch" | "recovery", Texts<"ephemeral" | "wrap">>>;
  readonly keyFile: Texts<"passphrase" | "plain" | "salt" | "sealed">;
}
interface Epoch {
  readonly id: EpochId;
  readonly secret: string;
}

const vectors = readVectors<WrapVectors>("wraps");
const { root, recipient, space, epochs, wraps, keyFile } = vectors;
const [earlier, later] = epochs;
const bytes = (hex: string): Buffer => Buffer.from(hex, "hex");
const hex = (given: Uint8Array): string => Buffer.from(given).toString("hex");
const label = (text: string): Buffer => Buffer.from(`gstore v1 ${text}\0`);

describe("wraps.json, from the pages and without src", () => {
  test("the recovery key follows from the root seed", () => {
    const scalar = expand(hmac(Buffer.alloc(32), bytes(root.seed)), label("recovery"));
    expect(hex(scalar)).toBe(root.recoveryScalar);
    expect(hex(rawPublicKeyOf(privateKeyOfSeed("x25519", scalar)))).toBe(root.recoveryKey);
    const made = new RootKey(bytes(root.seed));
    expect([made.networkId, hex(made.agreementPublicKey)]).toEqual([root.networkId, root.recoveryKey]);
    expect(recoveryWords(bytes(root.seed))).toBe(root.words);
  });

  test("ids commit to secrets", () => {
    const id = expand(
      bytes(space.nameKey),
      label("space id"),
      bytes(space.chunkSeed),
      Buffer.from(space.name),
    );
    expect(hex(id.subarray(0, 16))).toBe(space.id);
    for (const { id: epoch, secret } of epochs)
      expect(hex(expand(bytes(secret), label("epoch id"), bytes(space.id)).subarray(0, 16))).toBe(epoch);
  });

  test("the life-long secrets are written as stated", () => {
    expect(hex(encodeCbor([1, space.name, bytes(space.nameKey), bytes(space.chunkSeed)]))).toBe(space.plain);
    expect(decodeLifeSecrets(bytes(space.plain), space.id).name).toBe(space.name);
  });

  test("the earlier epoch is sealed under the later", () => {
    const ids = Buffer.concat([bytes(space.id), bytes(later.id), bytes(earlier.id)]);
    const key = expand(bytes(later.secret), label("previous epoch"), ids);
    expect(hex(Buffer.concat([Buffer.of(1), seal(key, bytes(earlier.secret))]))).toBe(vectors.sealedPrevious);
    const next = { id: later.id, secret: createSecretKey(bytes(later.secret)) };
    const opened = openPreviousEpoch(space.id, next, {
      epoch: earlier.id,
      sealed: bytes(vectors.sealedPrevious),
    });
    expect(hex(opened.secret.export())).toBe(earlier.secret);
  });

  test("a key file under a passphrase", async () => {
    const cost = { cost: 131_072, blockSize: 8, parallelization: 1 };
    const key = scryptSync(keyFile.passphrase, bytes(keyFile.salt), 32, { ...cost, maxmem: 2 ** 28 });
    const head = Buffer.from("gstore identity 1");
    const aad = Buffer.concat([label("key file"), head]);
    expect(hex(seal(key, bytes(keyFile.plain), aad))).toBe(keyFile.sealed);
    const content = {
      kdf: "scrypt",
      ...cost,
      salt: bytes(keyFile.salt),
      sealed: bytes(keyFile.sealed),
    } as const;
    expect(hex(await decryptKeyFile(content, keyFile.passphrase, { head }))).toBe(keyFile.plain);
  });
});

describe("the wraps of wraps.json", () => {
  const context = { network: root.networkId, space: space.id };
  const member: WrapHolder = holderOf(recipient.agreementScalar);
  const cases: [string, WrapHolder, WrapContext, Texts<"ephemeral" | "wrap">, string][] = [
    ["life", member, { ...context, holds: "life", recipient: recipient.peerId }, wraps.life, space.plain],
    [
      "epoch",
      member,
      { ...context, holds: later.id, recipient: recipient.peerId },
      wraps.epoch,
      later.secret,
    ],
    [
      "recovery",
      new RootKey(bytes(root.seed)),
      { ...context, holds: later.id, recipient: "recovery" },
      wraps.recovery,
      later.secret,
    ],
  ];

  test.each(cases)("%s", (_name, holder, for_, { ephemeral, wrap }, secret) => {
    expect(hex(unwrap(holder, for_, bytes(wrap)))).toBe(secret);
    const random = { bytes: () => bytes(ephemeral), below: () => 0 };
    expect(hex(wrapFor(holder.agreementPublicKey, for_, bytes(secret), random))).toBe(wrap);
  });
});

function holderOf(scalar: string): WrapHolder {
  const agreementPrivateKey = privateKeyOfSeed("x25519", bytes(scalar));
  return { agreementPrivateKey, agreementPublicKey: rawPublicKeyOf(agreementPrivateKey) };
}
