import { createSecretKey, type KeyObject, sign } from "node:crypto";
import { type NetworkId, networkIdOfRootKey, type Random, systemRandom } from "@gstore/core";
import { privateKeyOfSeed, rawPublicKeyOf, seedOfPrivateKey } from "./asymmetric-keys.ts";
import { extractAndExpand, KEY_BYTES } from "./key-derivation.ts";
import { LABELS } from "./labels.ts";

/** A network's root key, of a seed of 32 bytes. Whoever has it owns the network. Shows no secret when logged. */
export class RootKey {
  readonly networkId: NetworkId;
  /** Ed25519, raw 32 bytes; its digest is the network's id. */
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
  /** X25519, raw 32 bytes: the recovery key, to which every space's secrets are wrapped. */
  readonly agreementPublicKey: Uint8Array;
  readonly agreementPrivateKey: KeyObject;

  constructor(seed: Uint8Array) {
    this.privateKey = privateKeyOfSeed("ed25519", seed);
    this.publicKey = rawPublicKeyOf(this.privateKey);
    this.networkId = networkIdOfRootKey(this.publicKey);
    const scalar = extractAndExpand(createSecretKey(seed), LABELS.recovery);
    this.agreementPrivateKey = privateKeyOfSeed("x25519", scalar);
    this.agreementPublicKey = rawPublicKeyOf(this.agreementPrivateKey);
    scalar.fill(0);
  }

  /** The Ed25519 signature (64 bytes) of bytes that begin with a domain tag. */
  sign(bytes: Uint8Array): Uint8Array {
    return sign(null, bytes, this.privateKey);
  }

  /** The seed, for a key file or the recovery words. The caller's to erase. */
  exportSeed(): Uint8Array {
    return seedOfPrivateKey(this.privateKey);
  }
}

/** A new root key, and with it a new network. */
export function generateRootKey(random: Random = systemRandom): RootKey {
  return new RootKey(random.bytes(KEY_BYTES));
}

/** The root key that a network file of version 1 holds. */
export function rootKeyOf(secrets: { readonly rootPrivateKey: KeyObject }): RootKey {
  return new RootKey(seedOfPrivateKey(secrets.rootPrivateKey));
}
