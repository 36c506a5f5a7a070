import type { CborValue } from "./cbor.ts";
import { GstoreError } from "./errors.ts";

/** Major types of CBOR items (RFC 8949 section 3.1), and the simple values of section 3.3. */
export const MAJOR = { uint: 0, negative: 1, bytes: 2, text: 3, array: 4, simple: 7 } as const;
export const SIMPLE = { false: 0xf4, true: 0xf5, null: 0xf6 } as const;
/** Numbers up to this one stand in an item's head; 24 to 27 there say that 1, 2, 4 or 8 bytes follow. */
export const SHORT_MAX = 23;

const TWO_TO_32 = 2 ** 32;

/** Encodes deterministically. Measures first, so that the bytes are written once, into an array of their length. */
export function encodeCbor(value: CborValue): Uint8Array {
  const bytes = new Uint8Array(sizeOf(value));
  write(bytes, 0, value);
  return bytes;
}

function sizeOf(value: CborValue): number {
  if (typeof value === "number") return headBytes(value < 0 ? -1 - value : value);
  if (value instanceof Uint8Array) return headBytes(value.length) + value.length;
  if (typeof value === "string") {
    const length = Buffer.byteLength(value);
    return headBytes(length) + length;
  }
  if (!Array.isArray(value)) return 1;
  let size = headBytes(value.length);
  for (const item of value as readonly CborValue[]) size += sizeOf(item);
  return size;
}

/** Writes `value` at `at` and gives the place behind it. */
function write(target: Uint8Array, at: number, value: CborValue): number {
  if (typeof value === "number") return writeInteger(target, at, value);
  if (value instanceof Uint8Array) {
    const begin = writeHead(target, at, MAJOR.bytes, value.length);
    target.set(value, begin);
    return begin + value.length;
  }
  if (typeof value === "string") return writeText(target, at, value);
  if (Array.isArray(value)) {
    let next = writeHead(target, at, MAJOR.array, value.length);
    for (const item of value as readonly CborValue[]) next = write(target, next, item);
    return next;
  }
  if (value !== null && typeof value !== "boolean") throw notEncodable(typeof value);
  target[at] = value === null ? SIMPLE.null : value ? SIMPLE.true : SIMPLE.false;
  return at + 1;
}

function writeInteger(target: Uint8Array, at: number, value: number): number {
  if (!Number.isSafeInteger(value)) throw notEncodable(`the number ${value}`);
  return value < 0
    ? writeHead(target, at, MAJOR.negative, -1 - value)
    : writeHead(target, at, MAJOR.uint, value);
}

function writeText(target: Uint8Array, at: number, text: string): number {
  const length = Buffer.byteLength(text);
  const begin = writeHead(target, at, MAJOR.text, length);
  Buffer.from(target.buffer, target.byteOffset + begin, length).write(text);
  return begin + length;
}

function headBytes(argument: number): number {
  if (argument <= SHORT_MAX) return 1;
  if (argument < 0x100) return 2;
  if (argument < 0x1_0000) return 3;
  return argument < TWO_TO_32 ? 5 : 9;
}

function writeHead(target: Uint8Array, at: number, major: number, argument: number): number {
  const size = headBytes(argument) - 1;
  const short = size === 0 ? argument : SHORT_MAX + 1 + Math.log2(size);
  target[at] = (major << 5) | short;
  let rest = argument;
  for (let index = at + size; index > at; index--) {
    target[index] = rest % 0x100;
    rest = Math.floor(rest / 0x100);
  }
  return at + 1 + size;
}

function notEncodable(what: string): GstoreError {
  return new GstoreError("INVALID_FORMAT", `A value that holds ${what} can't be encoded.`);
}
