import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";
import { GstoreError } from "@gstore/core";

const CIPHER = "aes-256-gcm";
/** All zero, because no key of ours ever seals twice: docs/adr/0001-sealing.md. */
const NONCE: Uint8Array = new Uint8Array(12);
export const TAG_BYTES = 16;

/**
 * Seals `plain` into one new array: `head` in clear, the ciphertext, the tag. `key` must be made for this very text (and
 * `aad`): it is used with a fixed nonce.
 */
export function sealOnce(options: {
  readonly key: KeyObject;
  readonly plain: Uint8Array;
  readonly head: Uint8Array;
  readonly aad?: Uint8Array;
}): Uint8Array {
  const { key, plain, head, aad } = options;
  const cipher = createCipheriv(CIPHER, key, NONCE, { authTagLength: TAG_BYTES });
  if (aad !== undefined) cipher.setAAD(aad);
  // Not from Buffer's pool: the result may be handed to another thread. Not zeroed: every byte is written below.
  const sealed = new Uint8Array(Buffer.allocUnsafeSlow(head.length + plain.length + TAG_BYTES).buffer);
  sealed.set(head);
  sealed.set(cipher.update(plain), head.length);
  cipher.final();
  sealed.set(cipher.getAuthTag(), head.length + plain.length);
  return sealed;
}

/** Opens ciphertext and tag. Throws `SEAL_BROKEN`, its message beginning with `what`, unless every bit is as it was sealed. */
export function openOnce(options: {
  readonly key: KeyObject;
  readonly sealed: Uint8Array;
  readonly aad?: Uint8Array;
  readonly what: string;
}): Uint8Array {
  const { key, sealed, aad, what } = options;
  if (sealed.length < TAG_BYTES) throw sealBroken(what, "is cut short");
  const decipher = createDecipheriv(CIPHER, key, NONCE, { authTagLength: TAG_BYTES });
  if (aad !== undefined) decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  try {
    decipher.final();
  } catch {
    // OpenSSL's error says no more than this one does.
    throw sealBroken(what, "does not open: it was changed, or sealed under another key");
  }
  return new Uint8Array(plain.buffer, plain.byteOffset, plain.length);
}

/** The error for sealed bytes that do not open or do not hold what they must. */
export function sealBroken(what: string, reason: string): GstoreError {
  return new GstoreError("SEAL_BROKEN", `${what} ${reason}.`);
}
