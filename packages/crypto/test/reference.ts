import { createCipheriv, createHash } from "node:crypto";
import { digestOf } from "@gstore/core";

/**
 * The key derivation and sealing of docs/spec/keys.md and docs/spec/sealing.md once more, step by step from the pages and
 * without a line of src: what the vectors are checked against. Slow and plain on purpose.
 */
const hex = (text: string): Buffer => Buffer.from(text, "hex");
const label = (text: string): Buffer => Buffer.from(`gstore v1 ${text}\0`);

export function blake3(...parts: Uint8Array[]): Buffer {
  return hex(digestOf(Buffer.concat(parts)).slice(4));
}

/** RFC 2104 over SHA-256. */
export function hmac(key: Uint8Array, ...parts: Uint8Array[]): Buffer {
  const padded = Buffer.alloc(64);
  padded.set(key);
  const inner = createHash("sha256").update(padded.map((byte) => byte ^ 0x36));
  for (const part of parts) inner.update(part);
  return createHash("sha256")
    .update(padded.map((byte) => byte ^ 0x5c))
    .update(inner.digest())
    .digest();
}

/** RFC 5869 section 2.3, the first block. */
export function expand(key: Uint8Array, ...info: Uint8Array[]): Buffer {
  return hmac(key, ...info, Buffer.of(1));
}

/** AES-256-GCM under a zero nonce: ciphertext, then tag. */
export function seal(key: Uint8Array, plain: Uint8Array, aad: Uint8Array = Buffer.alloc(0)): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, Buffer.alloc(12));
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

export interface ReferenceSpace {
  readonly space: string;
  readonly nameKey: string;
  readonly chunkSeed: string;
  readonly epoch: string;
  readonly epochSecret: string;
}

export const purposeKey = (purpose: "chunk" | "manifest" | "metadata", space: ReferenceSpace): Buffer =>
  expand(hex(space.epochSecret), label(`${purpose} keys`), hex(space.space), hex(space.epoch));

export const keyIdOf = (space: ReferenceSpace, name: string): Buffer =>
  hmac(hex(space.nameKey), label("key name"), Buffer.from(name));

export const chunkerSeed = (space: ReferenceSpace): Buffer =>
  expand(hex(space.chunkSeed), label("chunker seed"));

/** RFC 5869 in full, with an empty salt. */
export const identityKey = (seed: string, purpose: string): Buffer =>
  expand(hmac(Buffer.alloc(32), hex(seed)), label("identity"), Buffer.from(purpose));

export function chunk(
  space: ReferenceSpace,
  codec: number,
  encoded: Uint8Array,
): { material: Buffer; key: Buffer; blob: Buffer } {
  const material = blake3(encoded);
  const key = expand(purposeKey("chunk", space), label("chunk"), Buffer.of(codec), material);
  return { material, key, blob: Buffer.concat([Buffer.of(1), seal(key, encoded)]) };
}

export function manifestNode(
  space: ReferenceSpace,
  clear: Uint8Array,
  secrets: Uint8Array,
): { material: Buffer; sealed: Buffer } {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(clear.length);
  const material = blake3(label("manifest material"), length, clear, secrets);
  const key = expand(purposeKey("manifest", space), label("manifest node"), Buffer.of(0), material);
  return { material, sealed: seal(key, secrets, clear) };
}

export function metadata(
  space: ReferenceSpace,
  options: { keyId: string; random: string; plain: Uint8Array },
): { salt: Buffer; sealed: Buffer } {
  const head = Buffer.concat([Buffer.of(1), hex(space.epoch)]);
  const aad = Buffer.concat([head, hex(space.space), hex(options.keyId)]);
  const keys = purposeKey("metadata", space);
  const salt = expand(keys, label("metadata salt"), hex(options.random), aad, options.plain);
  const sealed = seal(expand(keys, label("metadata"), salt), options.plain, aad);
  return { salt, sealed: Buffer.concat([head, salt, sealed]) };
}
