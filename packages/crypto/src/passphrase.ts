import { createSecretKey, type KeyObject, scrypt } from "node:crypto";
import { GstoreError, type Random, systemRandom } from "@gstore/core";
import { openOnce, sealOnce } from "./aead.ts";
import { KEY_BYTES } from "./key-derivation.ts";
import { LABELS } from "./labels.ts";

/** What a key takes to derive: about 0.4 s and 128 MiB (RFC 7914; N, r and p as OWASP has them for 2024). Part of the format. */
const COST = { cost: 131_072, blockSize: 8, parallelization: 1 } as const;
const MEMORY_MAX: number = 256 * 1024 * 1024;
const SALT_BYTES = 32;
const PASSPHRASE_BYTES_MAX = 1024;
const EMPTY: Uint8Array = new Uint8Array(0);

/** Bytes under a passphrase, as a key file holds them. */
export interface ProtectedBytes {
  readonly kdf: "scrypt";
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelization: number;
  readonly salt: Uint8Array;
  readonly sealed: Uint8Array;
}

/**
 * Seals a key file's content under a passphrase, bound to `head`, the part that stays in clear. Rejects with
 * `INVALID_ARGUMENT` for an empty passphrase or one above 1024 bytes. Holds 128 MiB while it runs, off the main thread.
 */
export async function encryptKeyFile(
  plain: Uint8Array,
  passphrase: string,
  options: { readonly head: Uint8Array; readonly random?: Random },
): Promise<ProtectedBytes> {
  const salt = (options.random ?? systemRandom).bytes(SALT_BYTES);
  // A fresh salt makes a fresh key, which seals this one text.
  const key = await keyOf(passphrase, salt);
  return {
    kdf: "scrypt",
    ...COST,
    salt,
    sealed: sealOnce({ key, plain, head: EMPTY, aad: aadOf(options.head) }),
  };
}

/**
 * Opens what {@link encryptKeyFile} made. Rejects with `PASSPHRASE_NEEDED` where it does not open: the passphrase is
 * wrong, or the file was changed. Another cost than ours is `UNSUPPORTED_VERSION`: a file can't make us work for hours.
 */
export async function decryptKeyFile(
  content: ProtectedBytes,
  passphrase: string,
  options: { readonly head: Uint8Array },
): Promise<Uint8Array> {
  const { kdf, cost, blockSize, parallelization, salt, sealed } = content;
  const isKnown = kdf === "scrypt" && cost === COST.cost && blockSize === COST.blockSize;
  if (!isKnown || parallelization !== COST.parallelization || salt.length !== SALT_BYTES)
    throw new GstoreError(
      "UNSUPPORTED_VERSION",
      "The key file's passphrase is hashed in a way this gstore does not know.",
    );
  const key = await keyOf(passphrase, salt);
  try {
    return openOnce({ key, sealed, aad: aadOf(options.head), what: "A key file" });
  } catch {
    throw new GstoreError("PASSPHRASE_NEEDED", "The passphrase does not open the key file. Give it again.");
  }
}

/** Equal characters in Unicode have several forms; keyboards differ in which they give (NFKC, RFC 8265). */
function keyOf(passphrase: string, salt: Uint8Array): Promise<KeyObject> {
  const bytes = Buffer.from(passphrase.normalize("NFKC"));
  if (bytes.length < 1 || bytes.length > PASSPHRASE_BYTES_MAX) {
    throw new GstoreError("INVALID_ARGUMENT", `A passphrase has 1 to ${PASSPHRASE_BYTES_MAX} bytes.`);
  }
  return new Promise((resolve, reject) => {
    scrypt(bytes, salt, KEY_BYTES, { ...COST, maxmem: MEMORY_MAX }, (error, key) => {
      bytes.fill(0);
      if (error !== null) return reject(error);
      resolve(createSecretKey(key));
      key.fill(0);
    });
  });
}

function aadOf(head: Uint8Array): Uint8Array {
  return Buffer.concat([LABELS.keyFile, head]);
}
