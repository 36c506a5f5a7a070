import { type DecodeOptions, decode, encode, type Token, Tokenizer, Type } from "cborg";
import { GstoreError, isGstoreError } from "./errors.ts";

/**
 * What gstore's formats are made of: the deterministic CBOR of RFC 8949 section 4.2 without tags, floats, undefined or
 * indefinite lengths. There are no maps either: fields stand in a fixed order in arrays.
 */
export type CborValue = null | boolean | number | string | Uint8Array | readonly CborValue[];

const STRICT: DecodeOptions = {
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  strict: true,
  // For StrictTokenizer, which reads text from them.
  retainStringBytes: true,
};

/** Items in one value: several times what the largest manifest node or message has, and bounded memory all the same. */
const ITEMS_MAX = 131_072;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Refuses what cborg lets pass: floats (1.0 would read as 1, a second encoding of it), maps, ill-formed UTF-8 (cborg
 * replaces it) and too many items; and keeps a byte order mark in front of text, which cborg drops.
 */
class StrictTokenizer extends Tokenizer {
  #items = 0;

  override next(): Token {
    const token = super.next();
    if (++this.#items > ITEMS_MAX) throw new Error("it has too many items");
    if (token.type === Type.float || token.type === Type.map)
      throw new Error(`a ${token.type.name} is not allowed`);
    if (token.byteValue !== undefined) token.value = UTF8.decode(token.byteValue);
    return token;
  }
}

/** Encodes deterministically. */
export function encodeCbor(value: CborValue): Uint8Array {
  return encode(value);
}

/**
 * Decodes exactly one value that fills `bytes`, in its only valid encoding. Throws `TOO_LARGE` above `bytesMax` before it
 * looks inside, `INVALID_FORMAT` for anything else that is wrong. `what` names the thing in the message.
 */
export function decodeCbor(bytes: Uint8Array, options: { bytesMax: number; what: string }): CborValue {
  if (bytes.length > options.bytesMax) {
    throw new GstoreError(
      "TOO_LARGE",
      `${options.what} has ${bytes.length} bytes; at most ${options.bytesMax} are allowed.`,
      {
        limit: options.bytesMax,
        actual: bytes.length,
      },
    );
  }
  try {
    // Not as a Buffer, whose slices would share its memory.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    return decode(plain, { ...STRICT, tokenizer: new StrictTokenizer(plain, STRICT) }) as CborValue;
  } catch (cause) {
    if (isGstoreError(cause)) throw cause;
    throw new GstoreError("INVALID_FORMAT", `${options.what} is not valid CBOR.`, { cause });
  }
}

/**
 * Reads the fields of a decoded array one after the other, each checked for its type and bounds. Every refusal is
 * `INVALID_FORMAT` and names the thing and the field.
 */
export class FieldReader {
  readonly #values: readonly CborValue[];
  readonly #what: string;
  #next = 0;

  constructor(value: CborValue, what: string, lengths: { min: number; max: number } | number) {
    const { min, max } = typeof lengths === "number" ? { min: lengths, max: lengths } : lengths;
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      throw new GstoreError(
        "INVALID_FORMAT",
        `${what} is not an array of ${min === max ? min : `${min} to ${max}`} fields.`,
      );
    }
    this.#values = value as readonly CborValue[];
    this.#what = what;
  }

  /** Bytes with a length in the given bounds. */
  bytes(field: string, lengths: { min?: number; max: number } | number): Uint8Array {
    const { min, max } =
      typeof lengths === "number" ? { min: lengths, max: lengths } : { min: 0, ...lengths };
    const value = this.#take();
    if (!(value instanceof Uint8Array)) return this.#refuse(field, "is not a byte string");
    if (value.length < min || value.length > max) return this.#refuse(field, `has ${value.length} bytes`);
    return value;
  }

  bytesOrNull(field: string, lengths: { min?: number; max: number } | number): Uint8Array | null {
    return this.#skipNull() ? null : this.bytes(field, lengths);
  }

  /** A whole number from `min` (default 0) to `max` (default 2^53 - 1). */
  integer(field: string, bounds: { min?: number; max?: number } = {}): number {
    const value = this.#take();
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = bounds;
    if (typeof value !== "number" || !Number.isSafeInteger(value))
      return this.#refuse(field, "is not a whole number");
    if (value < min || value > max) return this.#refuse(field, `is ${value}, not ${min} to ${max}`);
    return value;
  }

  integerOrNull(field: string, bounds: { min?: number; max?: number } = {}): number | null {
    return this.#skipNull() ? null : this.integer(field, bounds);
  }

  boolean(field: string): boolean {
    const value = this.#take();
    return typeof value === "boolean" ? value : this.#refuse(field, "is not true or false");
  }

  /** Text of at most `bytesMax` bytes in UTF-8. */
  text(field: string, bytesMax: number): string {
    const value = this.#take();
    if (typeof value !== "string") return this.#refuse(field, "is not text");
    if (Buffer.byteLength(value) > bytesMax) return this.#refuse(field, `has more than ${bytesMax} bytes`);
    return value;
  }

  textOrNull(field: string, bytesMax: number): string | null {
    return this.#skipNull() ? null : this.text(field, bytesMax);
  }

  /** An array of `min` (default 0) to `max` values. */
  array(field: string, lengths: { min?: number; max: number }): readonly CborValue[] {
    const value = this.#take();
    if (!Array.isArray(value)) return this.#refuse(field, "is not an array");
    if (value.length < (lengths.min ?? 0) || value.length > lengths.max) {
      return this.#refuse(field, `has ${value.length} items, not ${lengths.min ?? 0} to ${lengths.max}`);
    }
    return value as readonly CborValue[];
  }

  /** The value as it is, for a field that has a reader of its own. */
  any(): CborValue {
    return this.#take();
  }

  /** The format version that leads a record: exactly `supported`, else `UNSUPPORTED_VERSION`. */
  version(supported: number): void {
    const value = this.#take();
    if (value === supported) return;
    if (typeof value === "number" && value > supported) {
      throw new GstoreError(
        "UNSUPPORTED_VERSION",
        `${this.#what} has format version ${value}; this gstore reads ${supported}. Update gstore on this node.`,
      );
    }
    this.#refuse("version", "is not a format version");
  }

  #skipNull(): boolean {
    if (this.#values[this.#next] !== null) return false;
    this.#next++;
    return true;
  }

  #take(): CborValue {
    return this.#values[this.#next++] ?? null;
  }

  #refuse(field: string, reason: string): never {
    throw new GstoreError("INVALID_FORMAT", `${this.#what}: ${field} ${reason}.`);
  }
}
