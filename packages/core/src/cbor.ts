import { GstoreError, isGstoreError } from "./errors.ts";

/**
 * What gstore's formats are made of: the deterministic CBOR of RFC 8949 section 4.2 without tags, floats, undefined or
 * indefinite lengths. There are no maps either: fields stand in a fixed order in arrays. Written by hand, since a put
 * encodes and decodes a dozen of these values (docs/adr/0010-own-cbor.md).
 */
export type CborValue = null | boolean | number | string | Uint8Array | readonly CborValue[];

/** Items in one value: several times what the largest manifest node or message has, and bounded memory all the same. */
const ITEMS_MAX = 131_072;
/** Arrays in arrays: several times what any format has, and far from the end of the stack. */
const DEPTH_MAX = 32;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

// Major types (RFC 8949 section 3.1), and simple values as whole bytes.
const UINT = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const WORD = 2 ** 32;

/** Encodes deterministically. Throws where a number is no safe integer. */
export function encodeCbor(value: CborValue): Uint8Array {
  const target = Buffer.allocUnsafe(sizeOf(value));
  const end = write(value, target, 0);
  if (end !== target.length) throw new Error("a value changed while it was encoded");
  // Not as a Buffer, whose slices would share its memory.
  return new Uint8Array(target.buffer, target.byteOffset, target.length);
}

function sizeOf(value: CborValue): number {
  if (typeof value === "number") return headSize(argumentOf(value));
  if (typeof value === "string") {
    const length = Buffer.byteLength(value);
    return headSize(length) + length;
  }
  if (value instanceof Uint8Array) return headSize(value.length) + value.length;
  if (value === null || typeof value === "boolean") return 1;
  let size = headSize(value.length);
  for (const item of value) size += sizeOf(item);
  return size;
}

/** What stands for a number in a head: negative ones count from -1 downwards. */
function argumentOf(value: number): number {
  if (Number.isSafeInteger(value)) return value < 0 ? -1 - value : value;
  throw new Error(`${value} has no CBOR of ours: it is no safe integer`);
}

function headSize(argument: number): number {
  if (argument < 24) return 1;
  if (argument < 0x100) return 2;
  if (argument < 0x1_0000) return 3;
  return argument < WORD ? 5 : 9;
}

/** Writes at `at`; gives the place behind. */
function write(value: CborValue, target: Buffer, at: number): number {
  if (typeof value === "number") return writeHead(value < 0 ? NEGATIVE : UINT, argumentOf(value), target, at);
  if (typeof value === "string") {
    const from = writeHead(TEXT, Buffer.byteLength(value), target, at);
    return from + target.write(value, from);
  }
  if (value instanceof Uint8Array) {
    const from = writeHead(BYTES, value.length, target, at);
    target.set(value, from);
    return from + value.length;
  }
  if (value === null || typeof value === "boolean") {
    target[at] = value === null ? NULL : value ? TRUE : FALSE;
    return at + 1;
  }
  let next = writeHead(ARRAY, value.length, target, at);
  for (const item of value) next = write(item, target, next);
  return next;
}

function writeHead(major: number, argument: number, target: Buffer, at: number): number {
  const size = headSize(argument);
  const bits = major << 5;
  if (size === 1) target[at] = bits | argument;
  else if (size === 2) target[at + 1] = argument;
  else if (size === 3) target.writeUInt16BE(argument, at + 1);
  else target.writeUInt32BE(argument % WORD, at + size - 4);
  if (size === 9) target.writeUInt32BE(Math.floor(argument / WORD), at + 1);
  if (size > 1) target[at] = bits | (24 + LENGTH_CODES.indexOf(size));
  return at + size;
}

/** Sizes of heads whose argument stands in 1, 2, 4 and 8 bytes behind the first. */
const LENGTH_CODES: readonly number[] = [2, 3, 5, 9];

/**
 * Decodes exactly one value that fills `bytes`, in its only valid encoding. Throws `TOO_LARGE` above `bytesMax` before it
 * looks inside, `INVALID_FORMAT` for anything else that is wrong. `what` names the thing in the message. Byte strings are
 * copies, or views of `bytes` where `views` is set: they keep all of it in memory.
 */
export function decodeCbor(
  bytes: Uint8Array,
  options: { readonly bytesMax: number; readonly what: string; readonly views?: boolean },
): CborValue {
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
    return new Decoder(bytes, options.views === true).whole();
  } catch (cause) {
    if (isGstoreError(cause)) throw cause;
    throw new GstoreError("INVALID_FORMAT", `${options.what} is not valid CBOR.`, { cause });
  }
}

/** Reads one value, strictly. Refuses by plain errors. */
class Decoder {
  readonly #bytes: Uint8Array;
  readonly #isView: boolean;
  #at = 0;
  #items = 0;

  constructor(bytes: Uint8Array, isView: boolean) {
    // Not as a Buffer, whose slices would share its memory.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#isView = isView;
  }

  whole(): CborValue {
    const value = this.#value(0);
    if (this.#at !== this.#bytes.length) throw new Error("bytes follow the value");
    return value;
  }

  #value(depth: number): CborValue {
    if (++this.#items > ITEMS_MAX) throw new Error("it has too many items");
    const first = this.#bytes[this.#at++] as number | undefined;
    if (first === undefined) throw new Error("it ends early");
    if (first === NULL) return null;
    if (first === FALSE || first === TRUE) return first === TRUE;
    const major = first >> 5;
    if (major > ARRAY) throw new Error(`what begins with byte ${first} is not allowed`);
    const argument = this.#argument(first & 0x1f);
    if (major === UINT) return argument;
    if (major === NEGATIVE) return negative(argument);
    // Nothing is made for what can't be there: an item has at least a byte.
    if (argument > this.#bytes.length - this.#at) throw new Error("it ends early");
    if (major === ARRAY) return this.#array(argument, depth);
    const from = this.#at;
    this.#at += argument;
    if (major === TEXT) return this.#text(from, this.#at);
    return this.#isView ? this.#bytes.subarray(from, this.#at) : this.#bytes.slice(from, this.#at);
  }

  #array(length: number, depth: number): CborValue[] {
    if (depth >= DEPTH_MAX) throw new Error("it is nested too deep");
    const items: CborValue[] = [];
    for (let index = 0; index < length; index++) items.push(this.#value(depth + 1));
    return items;
  }

  #argument(code: number): number {
    if (code < 24) return code;
    const size = LENGTH_CODES[code - 24];
    if (size === undefined) throw new Error("a length is indefinite or reserved");
    let value = 0;
    for (let left = size - 1; left > 0; left--) value = value * 0x100 + this.#byte();
    if (value > Number.MAX_SAFE_INTEGER) throw new Error("a number is too large");
    if (headSize(value) !== size) throw new Error("a number has more bytes than it needs");
    return value;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++] as number | undefined;
    if (byte === undefined) throw new Error("it ends early");
    return byte;
  }

  #text(from: number, to: number): string {
    // Names are mostly ASCII, and a TextDecoder takes several times as long to begin.
    for (let at = from; at < to; at++)
      if ((this.#bytes[at] as number) > 0x7f) return UTF8.decode(this.#bytes.subarray(from, to));
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + from, to - from).toString("latin1");
  }
}

function negative(argument: number): number {
  const value = -1 - argument;
  if (Number.isSafeInteger(value)) return value;
  throw new Error("a number is too small");
}
