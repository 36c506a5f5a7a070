import {
  type BlobSecret,
  digestOf,
  encodeBlobSecrets,
  encodeMetadata,
  type ManifestChild,
  manifestClearBytes,
} from "@gstore/core";
import { seedOfPrivateKey } from "../src/asymmetric-keys.ts";
import { issueCertificate, SpaceKeys, signEntries, unsignedEntry } from "../src/index.ts";
import {
  bodyOf,
  fixedBytes,
  fixedIdentity,
  fixedRandom,
  fixedSecrets,
  flipped,
  metadataOf,
} from "../test/fixtures.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** What @gstore/crypto's tests read, by file name. */
export function cryptoVectors(): Record<string, unknown> {
  return { keys: keys(), sealing: sealing(), signatures: signatures() };
}

function parts() {
  const secrets = fixedSecrets("vectors");
  const [space] = secrets.spaces;
  if (space === undefined) throw new Error("the fixture has no space");
  const [epoch] = space.epochs;
  if (epoch === undefined) throw new Error("the fixture has no epoch");
  const given = {
    space: space.id,
    nameKey: hex(space.nameKey.export()),
    chunkSeed: hex(space.chunkSeed.export()),
    epoch: epoch.id,
    epochSecret: hex(epoch.secret.export()),
  };
  return { secrets, space, given, keys: new SpaceKeys(space, fixedRandom("salt")) };
}

function keys() {
  const { given, keys, secrets } = parts();
  const identity = fixedIdentity("vectors");
  const names = ["notes/today.txt", "grün/ñandú", "a", "x".repeat(1024)];
  return {
    identity: {
      signingSeed: hex(seedOfPrivateKey(identity.privateKey)),
      agreementScalar: hex(seedOfPrivateKey(identity.agreementPrivateKey)),
      publicKey: hex(identity.publicKey),
      peerId: identity.peerId,
      agreementPublicKey: hex(identity.agreementPublicKey),
      derived: ["name index", ""].map((purpose) => ({ purpose, key: hex(identity.deriveKey(purpose)) })),
    },
    network: {
      rootSeed: hex(seedOfPrivateKey(secrets.rootPrivateKey)),
      rootPublicKey: hex(secrets.rootPublicKey),
      networkId: secrets.networkId,
    },
    space: given,
    chunkerSeed: hex(keys.chunkerSeed()),
    keyIds: names.map((name) => ({ name, keyId: keys.keyIdOf(name) })),
  };
}

function sealing() {
  const { given, keys } = parts();
  // Stated as they are, since another zstd may compress to other bytes.
  const chunks = [
    { codec: "none" as const, plainSize: 25, encoded: Buffer.from("the quick brown fox jumps") },
    {
      codec: "zstd" as const,
      plainSize: 300,
      encoded: Buffer.from("28b52ffd602c004d00001061610100272ac002", "hex"),
    },
    { codec: "none" as const, plainSize: 1, encoded: Buffer.of(0) },
  ].map((chunk) => ({ ...chunk, ...keys.sealChunk({ ...chunk, bytes: chunk.encoded }) }));
  const children: ManifestChild[] = chunks.map(({ digest, blob }) => ({ digest, size: blob.length }));
  const secrets: BlobSecret[] = chunks.map(({ secret }) => secret);
  const node = keys.sealManifestNode({ level: 1, children, secrets });
  const name = "notes/today.txt";
  const keyId = keys.keyIdOf(name);
  const metadata = metadataOf({ name, size: node.secret.plainSize, rootSecret: node.secret });
  const sealedMetadata = keys.sealMetadata({ space: keys.space, keyId }, metadata);
  const first = chunks[0] as (typeof chunks)[number];
  return {
    space: given,
    chunks,
    manifest: {
      level: 1,
      clear: manifestClearBytes(1, children),
      plain: encodeBlobSecrets(secrets),
      ...node,
    },
    metadata: {
      keyId,
      random: hex(fixedBytes("salt", 32)),
      salt: hex(sealedMetadata.subarray(17, 49)),
      plain: encodeMetadata(metadata),
      sealed: sealedMetadata,
    },
    invalidChunks: [
      { name: "ciphertext changed", blob: flipped(first.blob, 8), secret: first.secret, code: "SEAL_BROKEN" },
      { name: "tag cut", blob: first.blob.subarray(0, -1), secret: first.secret, code: "SEAL_BROKEN" },
      {
        name: "a byte too many",
        blob: Buffer.concat([first.blob, Buffer.of(0)]),
        secret: first.secret,
        code: "SEAL_BROKEN",
      },
      { name: "empty", blob: Buffer.alloc(0), secret: first.secret, code: "SEAL_BROKEN" },
      { name: "version 0", blob: flipped(first.blob, 0), secret: first.secret, code: "SEAL_BROKEN" },
      { name: "version 3", blob: flipped(first.blob, 1), secret: first.secret, code: "UNSUPPORTED_VERSION" },
      {
        name: "another material",
        blob: first.blob,
        secret: { ...first.secret, material: fixedBytes("x", 32) },
        code: "SEAL_BROKEN",
      },
      {
        name: "another codec",
        blob: first.blob,
        secret: { ...first.secret, codec: "zstd" },
        code: "SEAL_BROKEN",
      },
      {
        name: "another size",
        blob: first.blob,
        secret: { ...first.secret, plainSize: 26 },
        code: "SEAL_BROKEN",
      },
      {
        name: "another epoch",
        blob: first.blob,
        secret: { ...first.secret, epoch: "00".repeat(16) },
        code: "KEY_MISSING",
      },
    ],
  };
}

function signatures() {
  const { secrets, keys } = parts();
  const identity = fixedIdentity("vectors");
  const certificate = issueCertificate({
    secrets,
    identity,
    role: "writer",
    name: "laptop",
    spaces: [keys.space],
    parents: [digestOf(Buffer.from("a parent"))],
    timeMs: 1_700_000_000_000,
  });
  const first = bodyOf(identity, keys);
  const [one] = signEntries([unsignedEntry(first)], identity);
  if (one === undefined) throw new Error("no entry was signed");
  const second = bodyOf(identity, keys, {
    op: "remove",
    content: null,
    storedBytes: 0,
    seq: 2,
    prev: one.id,
  });
  const batch = signEntries(
    [first, { ...second, dot: { ...second.dot, counter: 2 }, context: [first.dot] }].map(unsignedEntry),
    identity,
  );
  return {
    networkId: secrets.networkId,
    author: identity.peerId,
    certificate: { bytes: certificate.bytes, id: certificate.id },
    entries: [one, ...batch].map(({ bytes, id, signedRoot, signature }) => ({
      bytes,
      id,
      signedRoot,
      signature,
    })),
  };
}
