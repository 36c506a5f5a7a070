import { createHmac, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";

/** Bytes of every symmetric key and seed. */
export const KEY_BYTES = 32;
const FIRST_BLOCK: Uint8Array = Uint8Array.of(1);

/**
 * HKDF-Expand-SHA256 (RFC 5869 section 2.3) for 32 bytes, which is one HMAC over info and the byte 1. `key` takes the
 * place of the pseudorandom key: it was drawn at random or expanded from such a one, so Extract would add nothing.
 */
export function expand(key: KeyObject, label: Uint8Array, ...info: Uint8Array[]): Buffer {
  return createHmac("sha256", key)
    .update(Buffer.concat([label, ...info, FIRST_BLOCK]))
    .digest();
}

/** {@link expand} as a key for use, its bytes out of JavaScript's sight. */
export function expandKey(key: KeyObject, label: Uint8Array, ...info: Uint8Array[]): KeyObject {
  return createSecretKey(expand(key, label, ...info));
}

/** HKDF-SHA256 (RFC 5869) without salt, 32 bytes, for input that is no uniform key of its own. */
export function extractAndExpand(secret: KeyObject, info: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(0), info, KEY_BYTES));
}
