import { createSecretKey, type KeyObject, sign } from "node:crypto";
import { GstoreError, type PeerId, peerIdOfPublicKey, type Random, systemRandom } from "@gstore/core";
import { privateKeyOfSeed, rawPublicKeyOf, seedOfPrivateKey } from "./asymmetric-keys.ts";
import { extractAndExpand, KEY_BYTES } from "./key-derivation.ts";
import { LABELS } from "./labels.ts";
import { SecretFields } from "./secret-fields.ts";
import { type KeyFileOptions, readSecretFile, type SecretFileKind, writeSecretFile } from "./secret-file.ts";

export const IDENTITY_FILE: SecretFileKind = {
  format: "gstore identity",
  version: 1,
  what: "The identity file",
};

/** A node's own keys. Shows no secret when logged, inspected or turned into JSON. */
export class NodeIdentity {
  readonly peerId: PeerId;
  /** Ed25519, raw 32 bytes; the PeerId holds the same. */
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
  /** X25519, raw 32 bytes: space keys are wrapped to it. It stands in the node's certificate. */
  readonly agreementPublicKey: Uint8Array;
  readonly agreementPrivateKey: KeyObject;
  readonly #seed: KeyObject;

  /** Takes an Ed25519 seed and an X25519 scalar, 32 bytes each. */
  constructor(secrets: { readonly signingSeed: Uint8Array; readonly agreementScalar: Uint8Array }) {
    this.privateKey = privateKeyOfSeed("ed25519", secrets.signingSeed);
    this.agreementPrivateKey = privateKeyOfSeed("x25519", secrets.agreementScalar);
    this.publicKey = rawPublicKeyOf(this.privateKey);
    this.agreementPublicKey = rawPublicKeyOf(this.agreementPrivateKey);
    this.peerId = peerIdOfPublicKey(this.publicKey);
    this.#seed = createSecretKey(secrets.signingSeed);
  }

  /** The Ed25519 signature (64 bytes) of bytes that begin with a domain tag. */
  sign(bytes: Uint8Array): Uint8Array {
    return sign(null, bytes, this.privateKey);
  }

  /** 32 bytes for this node's own use, such as encrypting an index; another purpose gives unrelated ones. */
  deriveKey(purpose: string): Uint8Array {
    return extractAndExpand(this.#seed, Buffer.concat([LABELS.identity, Buffer.from(purpose)]));
  }
}

/** A new identity. */
export function generateIdentity(random: Random = systemRandom): NodeIdentity {
  return new NodeIdentity({ signingSeed: random.bytes(KEY_BYTES), agreementScalar: random.bytes(KEY_BYTES) });
}

/**
 * Writes the identity's file, mode 0600. Once it resolves the file is there, whole and synced. Rejects with
 * `ALREADY_INITIALISED` where something has that name, which is left as it is; `STORE_FULL`, `STORE_READ_ONLY` or
 * `STORE_IO` where the disk refuses, and then nothing has the name.
 */
export async function saveIdentity(
  path: string,
  identity: NodeIdentity,
  options: KeyFileOptions = {},
): Promise<void> {
  const content = {
    peerId: identity.peerId,
    signingSeed: seedOfPrivateKey(identity.privateKey).toString("hex"),
    agreementScalar: seedOfPrivateKey(identity.agreementPrivateKey).toString("hex"),
  };
  await writeSecretFile(path, IDENTITY_FILE, content, options);
}

/**
 * Reads what {@link saveIdentity} wrote. Rejects with `NOT_INITIALISED` where there is no such file, `KEY_FILE_INVALID`
 * where it is damaged, something else, or readable by others; `PASSPHRASE_NEEDED` where it is under one that was not given, or another; `UNSUPPORTED_VERSION`;
 * `STORE_IO` where the disk refuses.
 */
export async function loadIdentity(path: string, options: KeyFileOptions = {}): Promise<NodeIdentity> {
  const content = await readSecretFile(path, IDENTITY_FILE, options);
  const fields = new SecretFields(content, { path, what: IDENTITY_FILE.what });
  const peerId = fields.text("peerId");
  const identity = new NodeIdentity({
    signingSeed: fields.bytes("signingSeed", KEY_BYTES),
    agreementScalar: fields.bytes("agreementScalar", KEY_BYTES),
  });
  fields.end();
  if (identity.peerId === peerId) return identity;
  throw new GstoreError(
    "KEY_FILE_INVALID",
    `The identity file ${path} names another node than its key does.`,
    { path },
  );
}
