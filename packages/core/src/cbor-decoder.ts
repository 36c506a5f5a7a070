import { isUtf8 } from "node:buffer";
import type { CborValue } from "./cbor.ts";
import { MAJOR, SHORT_MAX, SIMPLE } from "./cbor-encoder.ts";
import { GstoreError } from "./errors.ts";

/** Items in one value: several times what the largest manifest node or message has, and bounded memory all the same. */
const ITEMS_MAX = 131_072;
/** Arrays within arrays: several times what any format has. */
const DEPTH_MAX = 32;

/**
 * Decodes exactly one value that fills `bytes`, in its only valid encoding. Throws `TOO_LARGE` above `bytesMax` before it
 * looks inside, `INVALID_FORMAT` for anything else that is wrong. `what` names the thing in the message. Byte strings in
 * the value are copies.
 */
export function decodeCbor(bytes: Uint8Array, options: { bytesMax: number; what: string }): CborValue {
  const { bytesMax, what } = options;
  if (bytes.length > bytesMax) {
    const message = `${what} has ${bytes.length} bytes; at most ${bytesMax} are allowed.`;
    throw new GstoreError("TOO_LARGE", message, { limit: bytesMax, actual: bytes.length });
  }
  return new CborDecoder(bytes, what).decode();
}

class CborDecoder {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;
  #items = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  decode(): CborValue {
    const value = this.#value(0);
    if (this.#at !== this.#bytes.length) throw this.#refusal("something follows the value");
    return value;
  }

  #value(depth: number): CborValue {
    if (++this.#items > ITEMS_MAX) throw this.#refusal("it has too many items");
    const head = this.#bytes[this.#at++];
    if (head === undefined) throw this.#refusal("it is cut short");
    const short = head & 0x1f;
    switch (head >> 5) {
      case MAJOR.uint:
        return this.#argument(short);
      case MAJOR.negative:
        return this.#negative(short);
      case MAJOR.bytes:
        return this.#take(short).slice();
      case MAJOR.text:
        return this.#text(short);
      case MAJOR.array:
        return this.#array(short, depth);
      case MAJOR.simple:
        return this.#simple(head);
      default:
        throw this.#refusal("maps and tags are not allowed");
    }
  }

  /** What a head of this form says: the number in it, or in the bytes behind it. Only the shortest form is valid. */
  #argument(short: number): number {
    if (short <= SHORT_MAX) return short;
    const sizeLog = short - SHORT_MAX - 1;
    if (sizeLog > 3) throw this.#refusal("an indefinite length is not allowed");
    const end = this.#at + (1 << sizeLog);
    if (end > this.#bytes.length) throw this.#refusal("it is cut short");
    let value = 0;
    while (this.#at < end) value = value * 0x100 + (this.#bytes[this.#at++] as number);
    if (value > Number.MAX_SAFE_INTEGER) throw this.#refusal("a number is too large");
    if (value < (SHORTEST_FROM[sizeLog] as number))
      throw this.#refusal("a number is not in its shortest form");
    return value;
  }

  #negative(short: number): number {
    const value = -1 - this.#argument(short);
    if (value < Number.MIN_SAFE_INTEGER) throw this.#refusal("a number is too small");
    return value;
  }

  /** The bytes of a string, where they lie. */
  #take(short: number): Uint8Array {
    const length = this.#argument(short);
    const begin = this.#at;
    if (length > this.#bytes.length - begin) throw this.#refusal("it is cut short");
    this.#at = begin + length;
    // Not by subarray: of a Buffer it would give a Buffer, whose slice shares its memory.
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + begin, length);
  }

  #text(short: number): string {
    const bytes = this.#take(short);
    if (!isUtf8(bytes)) throw this.#refusal("text is not UTF-8");
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  }

  #array(short: number, depth: number): readonly CborValue[] {
    const length = this.#argument(short);
    if (depth >= DEPTH_MAX) throw this.#refusal("its arrays are nested too deep");
    const items: CborValue[] = [];
    for (let index = 0; index < length; index++) items.push(this.#value(depth + 1));
    return items;
  }

  #simple(head: number): null | boolean {
    if (head === SIMPLE.null) return null;
    if (head === SIMPLE.false || head === SIMPLE.true) return head === SIMPLE.true;
    throw this.#refusal("floats, undefined and unknown simple values are not allowed");
  }

  #refusal(reason: string): GstoreError {
    return new GstoreError("INVALID_FORMAT", `${this.#what} is not valid CBOR: ${reason}.`);
  }
}

/** The least number that needs 1, 2, 4 or 8 bytes behind the head. */
const SHORTEST_FROM: readonly number[] = [SHORT_MAX + 1, 0x100, 0x1_0000, 2 ** 32];
