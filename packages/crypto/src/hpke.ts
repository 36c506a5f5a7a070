import { createCipheriv, createDecipheriv, createHmac, diffieHellman, type KeyObject } from "node:crypto";
import { TAG_BYTES } from "./aead.ts";
import { privateKeyOfSeed, publicKeyOfRaw, rawPublicKeyOf } from "./asymmetric-keys.ts";
import { KEY_BYTES } from "./key-derivation.ts";

/**
 * Hybrid public key encryption, RFC 9180: base mode, one message, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-256-GCM.
 * Every output fits one block of HMAC-SHA256, which makes Expand one HMAC. Function names are the RFC's.
 */
export interface HpkeAead {
  readonly id: number;
  readonly cipher: "aes-128-gcm" | "aes-256-gcm";
  readonly keyBytes: number;
}

export const HPKE_AES_256_GCM: HpkeAead = { id: 2, cipher: "aes-256-gcm", keyBytes: 32 };
/** Bytes that a sealed message is longer than its text: the ephemeral public key and the tag. */
export const HPKE_OVERHEAD_BYTES: number = KEY_BYTES + TAG_BYTES;

const EMPTY: Uint8Array = new Uint8Array(0);
const KEM_SUITE: Uint8Array = Buffer.from("KEM\x00\x20", "latin1");
const NONCE_BYTES = 12;

/** The recipient's public key, and what both sides have to know alike for the message to open. */
export interface HpkeContext {
  /** X25519, raw 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly info: Uint8Array;
  readonly aad?: Uint8Array;
  readonly aead?: HpkeAead;
}

/**
 * Seals `plain` to a public key: the ephemeral public key, ciphertext, tag. `ephemeralScalar` is 32 random bytes, never
 * used before. Throws where the public key is one of the few that give every sender the same secret.
 */
export function hpkeSeal(context: HpkeContext, plain: Uint8Array, ephemeralScalar: Uint8Array): Uint8Array {
  const { publicKey, aad = EMPTY, aead = HPKE_AES_256_GCM } = context;
  const ephemeral = privateKeyOfSeed("x25519", ephemeralScalar);
  const enc = rawPublicKeyOf(ephemeral);
  const dh = agree(ephemeral, publicKey);
  const { key, nonce } = keySchedule(sharedSecret(dh, enc, publicKey), context.info, aead);
  const cipher = createCipheriv(aead.cipher, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  return Buffer.concat([enc, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Opens what {@link hpkeSeal} made. Throws for anything that was changed or is for another key, info or aad. */
export function hpkeOpen(context: HpkeContext, privateKey: KeyObject, sealed: Uint8Array): Uint8Array {
  const { publicKey, aad = EMPTY, aead = HPKE_AES_256_GCM } = context;
  if (sealed.length < HPKE_OVERHEAD_BYTES) throw new Error("the message is cut short");
  const enc = sealed.subarray(0, KEY_BYTES);
  const dh = agree(privateKey, enc);
  const { key, nonce } = keySchedule(sharedSecret(dh, enc, publicKey), context.info, aead);
  const decipher = createDecipheriv(aead.cipher, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(sealed.subarray(KEY_BYTES, sealed.length - TAG_BYTES));
  return Buffer.concat([plain, decipher.final()]);
}

/** X25519; the all-zero result, which points of small order give, is refused (RFC 9180 section 7.1.4). */
function agree(privateKey: KeyObject, publicKey: Uint8Array): Uint8Array {
  const dh = diffieHellman({ privateKey, publicKey: publicKeyOfRaw("x25519", publicKey) });
  if (dh.every((byte) => byte === 0)) throw new Error("the public key is of small order");
  return dh;
}

function sharedSecret(dh: Uint8Array, enc: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const prk = labeledExtract(KEM_SUITE, EMPTY, "eae_prk", dh);
  return labeledExpand(KEM_SUITE, prk, "shared_secret", Buffer.concat([enc, publicKey]), KEY_BYTES);
}

/** Section 5.1 in mode 0x00: no pre-shared key. The first message's nonce is the base nonce itself. */
function keySchedule(
  secret: Uint8Array,
  info: Uint8Array,
  aead: HpkeAead,
): { key: Uint8Array; nonce: Uint8Array } {
  const suite = Buffer.from(`HPKE\x00\x20\x00\x01\x00${String.fromCharCode(aead.id)}`, "latin1");
  const pskIdHash = labeledExtract(suite, EMPTY, "psk_id_hash", EMPTY);
  const infoHash = labeledExtract(suite, EMPTY, "info_hash", info);
  const context = Buffer.concat([Uint8Array.of(0), pskIdHash, infoHash]);
  const prk = labeledExtract(suite, secret, "secret", EMPTY);
  return {
    key: labeledExpand(suite, prk, "key", context, aead.keyBytes),
    nonce: labeledExpand(suite, prk, "base_nonce", context, NONCE_BYTES),
  };
}

function labeledExtract(suite: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Uint8Array {
  return createHmac("sha256", salt).update("HPKE-v1").update(suite).update(label).update(ikm).digest();
}

function labeledExpand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  return createHmac("sha256", prk)
    .update(Uint8Array.of(0, length))
    .update("HPKE-v1")
    .update(suite)
    .update(label)
    .update(info)
    .update(Uint8Array.of(1))
    .digest()
    .subarray(0, length);
}
