import { createSecretKey } from "node:crypto";
import {
  type BlobSecret,
  CODECS,
  type Codec,
  type Digest,
  decodeEntry,
  decodeManifestNode,
  decodeMembershipRecord,
  type EpochId,
  type KeyId,
  type NetworkId,
  networkIdOfRootKey,
  type PeerId,
  type SpaceId,
} from "@gstore/core";
import { describe, expect, test } from "vitest";
import { privateKeyOfSeed, rawPublicKeyOf } from "../src/asymmetric-keys.ts";
import {
  decodeChunk,
  EntryVerifier,
  NodeIdentity,
  SpaceKeys,
  type SpaceSecrets,
  verifyCertificate,
} from "../src/index.ts";
import { codeOf } from "./fixtures.ts";
import * as reference from "./reference.ts";
import { readVectors } from "./vector-files.ts";

interface KeyVectors {
  readonly identity: Record<
    "signingSeed" | "agreementScalar" | "publicKey" | "agreementPublicKey",
    string
  > & {
    readonly peerId: PeerId;
    readonly derived: readonly { purpose: string; key: string }[];
  };
  readonly network: { rootSeed: string; rootPublicKey: string; networkId: NetworkId };
  readonly space: reference.ReferenceSpace;
  readonly chunkerSeed: string;
  readonly keyIds: readonly { name: string; keyId: KeyId }[];
}

interface Sealed {
  readonly blob: Uint8Array;
  readonly digest: Digest;
  readonly secret: BlobSecret;
}

interface SealingVectors {
  readonly space: reference.ReferenceSpace;
  readonly chunks: readonly (Sealed & { codec: Codec; plainSize: number; encoded: Uint8Array })[];
  readonly manifest: Sealed & { level: number; clear: Uint8Array; plain: Uint8Array };
  readonly metadata: { keyId: KeyId; random: string; salt: string; plain: Uint8Array; sealed: Uint8Array };
  readonly invalidChunks: readonly { name: string; blob: Uint8Array; secret: BlobSecret; code: string }[];
}

interface SignatureVectors {
  readonly networkId: NetworkId;
  readonly author: PeerId;
  readonly certificate: { bytes: Uint8Array; id: Digest };
  readonly entries: readonly { bytes: Uint8Array; id: Digest; signedRoot: Digest }[];
}

const bytesOf = (text: string): Buffer => Buffer.from(text, "hex");
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function keysOf(space: reference.ReferenceSpace, random: string = ""): SpaceKeys {
  const epoch = space.epoch as EpochId;
  const secrets: SpaceSecrets = {
    id: space.space as SpaceId,
    name: "main",
    nameKey: createSecretKey(bytesOf(space.nameKey)),
    chunkSeed: createSecretKey(bytesOf(space.chunkSeed)),
    epochs: [{ id: epoch, secret: createSecretKey(bytesOf(space.epochSecret)) }],
    currentEpoch: epoch,
  };
  return new SpaceKeys(secrets, { bytes: () => bytesOf(random), below: () => 0 });
}

describe("keys.json", () => {
  const vectors = readVectors<KeyVectors>("keys");
  const { identity } = vectors;
  const made = new NodeIdentity({
    signingSeed: bytesOf(identity.signingSeed),
    agreementScalar: bytesOf(identity.agreementScalar),
  });

  test("an identity's public parts follow from its secrets", () => {
    expect(made.peerId).toBe(identity.peerId);
    expect(hexOf(made.publicKey)).toBe(identity.publicKey);
    expect(hexOf(made.agreementPublicKey)).toBe(identity.agreementPublicKey);
  });

  test.each(identity.derived)(
    "an identity derives its key for the purpose '$purpose'",
    ({ purpose, key }) => {
      expect(hexOf(made.deriveKey(purpose))).toBe(key);
      expect(hexOf(reference.identityKey(identity.signingSeed, purpose))).toBe(key);
    },
  );

  test("a network's id follows from its root key", () => {
    const root = rawPublicKeyOf(privateKeyOfSeed("ed25519", bytesOf(vectors.network.rootSeed)));
    expect(hexOf(root)).toBe(vectors.network.rootPublicKey);
    expect(networkIdOfRootKey(root)).toBe(vectors.network.networkId);
  });

  test("the chunker's seed follows from the chunk seed", () => {
    expect(hexOf(keysOf(vectors.space).chunkerSeed())).toBe(vectors.chunkerSeed);
    expect(hexOf(reference.chunkerSeed(vectors.space))).toBe(vectors.chunkerSeed);
  });

  test.each(vectors.keyIds)("the keyId of $name", ({ name, keyId }) => {
    expect(keysOf(vectors.space).keyIdOf(name)).toBe(keyId);
    expect(hexOf(reference.keyIdOf(vectors.space, name))).toBe(keyId);
  });
});

describe("sealing.json", () => {
  const { space, chunks, manifest, metadata, invalidChunks } = readVectors<SealingVectors>("sealing");
  const keys = keysOf(space, metadata.random);

  test.each(chunks)(
    "a chunk of $plainSize bytes, $codec",
    ({ codec, plainSize, encoded, blob, digest, secret }) => {
      expect(keys.sealChunk({ bytes: encoded, codec, plainSize })).toEqual({ blob, digest, secret });
      const expected = reference.chunk(space, CODECS[codec], encoded);
      expect(hexOf(expected.blob)).toBe(hexOf(blob));
      expect(hexOf(expected.material)).toBe(hexOf(secret.material));
      expect(keys.openChunk(blob, secret)).toEqual(encoded);
      expect(decodeChunk(encoded, codec, plainSize)).toHaveLength(plainSize);
    },
  );

  test.each(invalidChunks)("a chunk is refused: $name", ({ blob, secret, code }) => {
    expect(codeOf(() => keys.openChunk(blob, secret))).toBe(code);
  });

  test("a manifest node", () => {
    const children = chunks.map(({ digest, blob }) => ({ digest, size: blob.length }));
    const secrets = chunks.map(({ secret }) => secret);
    const { blob, digest, secret } = manifest;
    expect(keys.sealManifestNode({ level: 1, children, secrets })).toEqual({ blob, digest, secret });
    expect(keys.openManifestNode(blob, secret, 1)).toEqual({ children, secrets });
    const expected = reference.manifestNode(space, manifest.clear, manifest.plain);
    expect(hexOf(expected.material)).toBe(hexOf(secret.material));
    expect(hexOf(expected.sealed)).toBe(hexOf(decodeManifestNode(blob).sealed));
  });

  test("metadata", () => {
    const { keyId, random, salt, plain, sealed } = metadata;
    const expected = reference.metadata(space, { keyId, random, plain });
    expect(hexOf(expected.salt)).toBe(salt);
    expect(hexOf(expected.sealed)).toBe(hexOf(sealed));
    const content = { level: 1, digest: manifest.digest, size: manifest.blob.length };
    const entry = { body: { space: keys.space, keyId, op: "put" as const, content, sealed } };
    const opened = keys.openMetadata(entry);
    expect(opened.rootSecret).toEqual(manifest.secret);
    expect(keys.sealMetadata({ space: keys.space, keyId }, opened)).toEqual(sealed);
  });
});

describe.each(["signatures", "signatures-1"])("%s.json", (name) => {
  const { networkId, author, certificate, entries } = readVectors<SignatureVectors>(name);

  test("the certificate is valid", () => {
    const record = decodeMembershipRecord(certificate.bytes);
    expect(record.id).toBe(certificate.id);
    expect(verifyCertificate([record], { networkId, subject: author }).role).toBe("writer");
  });

  test.each(entries)("entry $id is valid", ({ bytes, id, signedRoot }) => {
    const entry = decodeEntry(bytes);
    expect(entry).toMatchObject({ id, signedRoot });
    new EntryVerifier().verify(entry);
  });
});
