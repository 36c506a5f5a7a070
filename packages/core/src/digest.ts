import { Blake3Hasher } from "@napi-rs/blake-hash";
import { GstoreError } from "./errors.ts";

/**
 * BLAKE3-256 of bytes as stored, as text: a multihash in hexadecimal (`1e20` = BLAKE3 with 32 bytes, then 64 digits, the
 * ones that `b3sum` prints). A string, so that it is a key of maps and compares by `===`.
 */
export type Digest = string & { readonly __brand: "Digest" };

/** Bytes of a digest without its multihash code. */
export const DIGEST_BYTES = 32;
const MULTIHASH_PREFIX = "1e20";
const DIGEST_PATTERN = /^1e20[0-9a-f]{64}$/;

/** Used again for each digest: making a hasher costs more than hashing a small blob, a one-shot call makes a Buffer. */
const hasher: Blake3Hasher = new Blake3Hasher();

/** A digest's bytes with their multihash code, used again for each. */
const multihash: Buffer = Buffer.concat([Buffer.from(MULTIHASH_PREFIX, "hex"), Buffer.alloc(DIGEST_BYTES)]);
const DIGEST_AT = MULTIHASH_PREFIX.length / 2;

/** The digest of `bytes`. */
export function digestOf(bytes: Uint8Array): Digest {
  hasher.reset();
  hasher.update(bytes as Buffer);
  return (MULTIHASH_PREFIX + hasher.digest()) as Digest;
}

/** The digest that 32 raw bytes stand for. Throws `INVALID_FORMAT` for another length. */
export function digestFromBytes(bytes: Uint8Array): Digest {
  if (bytes.length !== DIGEST_BYTES) {
    throw new GstoreError("INVALID_FORMAT", `A digest has ${DIGEST_BYTES} bytes, not ${bytes.length}.`);
  }
  // Text in one piece: as a key of a map it would be copied into one anyway.
  multihash.set(bytes, DIGEST_AT);
  return multihash.toString("hex") as Digest;
}

/** The 32 raw bytes of a digest. */
export function digestToBytes(digest: Digest): Uint8Array {
  return Buffer.from(digest.slice(MULTIHASH_PREFIX.length), "hex");
}

/** Writes the 32 raw bytes of a digest at `offset` of `target`. */
export function writeDigest(digest: Digest, target: Buffer, offset: number): void {
  target.write(digest.slice(MULTIHASH_PREFIX.length), offset, "hex");
}

/** Reads a digest from text, with or without its multihash code (so that `b3sum`'s output can be pasted). */
export function parseDigest(text: string): Digest {
  const lower = text.toLowerCase();
  const full = lower.length === 64 ? MULTIHASH_PREFIX + lower : lower;
  if (!DIGEST_PATTERN.test(full)) {
    throw new GstoreError(
      "INVALID_ARGUMENT",
      "A digest is 64 hexadecimal digits, with or without 1e20 in front.",
    );
  }
  return full as Digest;
}

/** BLAKE3-256 of `bytes` in its keyed mode: every part of the hash's tree is bound to the key, of 32 bytes. */
export function keyedHashOf(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  const keyed = Blake3Hasher.newKeyed(key as Buffer);
  keyed.update(bytes);
  return keyed.digestBuffer();
}

/** Computes the digest of bytes that arrive in pieces. */
export interface DigestStream {
  update(bytes: Uint8Array): void;
  /** The digest of all that was given. To be called once. */
  digest(): Digest;
}

/** A {@link DigestStream} at its beginning. */
export function createDigestStream(): DigestStream {
  const stream = new Blake3Hasher();
  return {
    update: (bytes) => void stream.update(bytes as Buffer),
    digest: () => (MULTIHASH_PREFIX + stream.digest()) as Digest,
  };
}
