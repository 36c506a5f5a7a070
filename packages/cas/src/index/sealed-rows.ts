import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import type { GstoreError, Random } from "@gstore/core";
import { SEALED_NODES_CACHE_BYTES_MAX } from "../constants.ts";
import type { ByteDatabase } from "./byte-database.ts";
import { numberKey } from "./keys.ts";

const TABLE = 0x01;
const SALT_BYTES = 8;
const NONCE_BYTES: number = SALT_BYTES + 4;
const COUNTER_MAX = 0xffff_ffff;
const TAG_BYTES = 16;
const CIPHER = "aes-256-gcm";

interface Opened {
  readonly nonce: Uint8Array;
  readonly content: unknown;
  readonly bytes: number;
}

/**
 * Numbered rows of LMDB, each sealed by AES-256-GCM and bound to its number. A nonce is 8 bytes of chance, drawn when the
 * folder is opened, and a count: it does not come again, whatever of what was written gets lost in a crash.
 */
export class SealedRows {
  readonly #database: ByteDatabase;
  readonly #key: KeyObject;
  readonly #random: Random;
  #salt: Uint8Array;
  #count = 0;
  /** What was opened lately, by number, the longest unused first. Another nonce tells another content. */
  readonly #opened = new Map<number, Opened>();
  #openedBytes = 0;

  constructor(database: ByteDatabase, { key, random }: { key: Uint8Array; random: Random }) {
    this.#database = database;
    this.#key = createSecretKey(key);
    this.#random = random;
    this.#salt = random.bytes(SALT_BYTES);
  }

  /** What `decode` makes of the row's bytes, made once as long as they are remembered; undefined where there is none. */
  read<T>(number: number, decode: (plain: Buffer) => T): T | undefined {
    const sealed = this.#database.borrow(numberKey(TABLE, number));
    if (sealed === undefined) return undefined;
    const known = this.#opened.get(number);
    if (known !== undefined) {
      this.#forget(number, known);
      if (Buffer.compare(known.nonce, sealed.subarray(0, NONCE_BYTES)) === 0) {
        this.#remember(number, known);
        return known.content as T;
      }
    }
    // Not of Buffer's pool: each would hold 64 KiB of it for as long as the row is remembered.
    const nonce = new Uint8Array(sealed.subarray(0, NONCE_BYTES));
    const plain = this.#open(number, sealed);
    const content = decode(plain);
    this.#remember(number, { nonce, content, bytes: plain.length });
    return content;
  }

  /** Replaces rows, removes those that are null, as one transaction. */
  async write(rows: ReadonlyMap<number, Uint8Array | null>): Promise<void> {
    await this.#database.writeBatch(this.#sealed(rows));
  }

  async clear(): Promise<void> {
    await this.#database.clear();
  }

  /** Notes that rows do not fit each other. The error to tell of it. */
  damaged(): GstoreError {
    return this.#database.damaged();
  }

  *#sealed(
    rows: ReadonlyMap<number, Uint8Array | null>,
  ): Generator<{ key: Uint8Array; value: Uint8Array | null }> {
    for (const [number, plain] of rows) {
      const key = numberKey(TABLE, number);
      yield { key, value: plain && this.#seal(key, plain) };
    }
  }

  #seal(key: Uint8Array, plain: Uint8Array): Uint8Array {
    const nonce = this.#nextNonce();
    const cipher = createCipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES }).setAAD(key);
    return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  #open(number: number, sealed: Uint8Array): Buffer {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const tagAt = sealed.length - TAG_BYTES;
    if (tagAt < NONCE_BYTES) throw this.#database.damaged();
    try {
      const opener = createDecipheriv(CIPHER, this.#key, nonce, { authTagLength: TAG_BYTES })
        .setAAD(numberKey(TABLE, number))
        .setAuthTag(sealed.subarray(tagAt));
      const plain = opener.update(sealed.subarray(NONCE_BYTES, tagAt));
      opener.final();
      return plain;
    } catch {
      throw this.#database.damaged();
    }
  }

  #nextNonce(): Buffer {
    if (this.#count === COUNTER_MAX) {
      this.#salt = this.#random.bytes(SALT_BYTES);
      this.#count = 0;
    }
    const nonce = Buffer.alloc(NONCE_BYTES);
    nonce.set(this.#salt);
    nonce.writeUInt32BE(this.#count++, SALT_BYTES);
    return nonce;
  }

  #remember(number: number, opened: Opened): void {
    this.#opened.set(number, opened);
    this.#openedBytes += opened.bytes;
    for (const [oldest, other] of this.#opened) {
      if (this.#openedBytes <= SEALED_NODES_CACHE_BYTES_MAX || oldest === number) return;
      this.#forget(oldest, other);
    }
  }

  #forget(number: number, opened: Opened): void {
    this.#opened.delete(number);
    this.#openedBytes -= opened.bytes;
  }
}
