import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

/** The two curves of gstore: Ed25519 signs, X25519 agrees on keys. */
export type Curve = "ed25519" | "x25519";

// The DER of RFC 8410 in front of the 32 bytes: PKCS#8 version 0 for private keys, SubjectPublicKeyInfo for public ones.
const PRIVATE_PREFIX = {
  ed25519: Buffer.from("302e020100300506032b657004220420", "hex"),
  x25519: Buffer.from("302e020100300506032b656e04220420", "hex"),
} as const;
const PUBLIC_PREFIX = {
  ed25519: Buffer.from("302a300506032b6570032100", "hex"),
  x25519: Buffer.from("302a300506032b656e032100", "hex"),
} as const;

/** The private key of a 32-byte seed (Ed25519, RFC 8032) or scalar (X25519, RFC 7748). */
export function privateKeyOfSeed(curve: Curve, seed: Uint8Array): KeyObject {
  const der = Buffer.concat([PRIVATE_PREFIX[curve], seed]);
  try {
    return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  } finally {
    der.fill(0);
  }
}

/** The 32 bytes that {@link privateKeyOfSeed} made the key of. */
export function seedOfPrivateKey(key: KeyObject): Buffer {
  return key.export({ format: "der", type: "pkcs8" }).subarray(-32);
}

/** The raw 32 bytes of the public key that belongs to a private one. */
export function rawPublicKeyOf(key: KeyObject): Uint8Array {
  const der = createPublicKey(key).export({ format: "der", type: "spki" });
  return new Uint8Array(der.subarray(-32));
}

/** A public key for use from its raw 32 bytes. */
export function publicKeyOfRaw(curve: Curve, raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX[curve], raw]), format: "der", type: "spki" });
}
