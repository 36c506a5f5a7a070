import { createCipheriv, createDecipheriv, type KeyObject } from "node:crypto";
import { freeMemory, GstoreError } from "@gstore/core";

const CIPHER = "aes-256-gcm";
/** All zero, because no key of ours ever seals twice: docs/adr/0001-sealing.md. */
const NONCE: Uint8Array = new Uint8Array(12);
export const TAG_BYTES = 16;

/** Plaintext sealed at once: what the cipher gives back for it is then still in the processor's cache when it is copied. */
const PIECE_BYTES = 128 * 1024;

/**
 * Seals `plain` into one array: `head` in clear, the ciphertext, the tag. `key` must be made for this very text (and
 * `aad`): it is used with a fixed nonce. The array is a new one, or the beginning of `into` where that is given: it has
 * room for all and does not overlap `plain`.
 */
export function sealOnce(options: {
  readonly key: KeyObject;
  readonly plain: Uint8Array;
  readonly head: Uint8Array;
  readonly aad?: Uint8Array;
  readonly into?: Uint8Array;
}): Uint8Array {
  const { key, plain, head, aad, into } = options;
  const size = head.length + plain.length + TAG_BYTES;
  const cipher = createCipheriv(CIPHER, key, NONCE, { authTagLength: TAG_BYTES });
  if (aad !== undefined) cipher.setAAD(aad);
  // Not from Buffer's pool: the result may be handed to another thread. Not zeroed: every byte is written below.
  const sealed = into?.subarray(0, size) ?? new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
  sealed.set(head);
  for (let at = 0; at < plain.length; at += PIECE_BYTES) {
    const piece = cipher.update(plain.subarray(at, at + PIECE_BYTES));
    sealed.set(piece, head.length + at);
    freeMemory(piece);
  }
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
