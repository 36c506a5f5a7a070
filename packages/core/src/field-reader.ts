import type { CborValue } from "./cbor.ts";
import { GstoreError } from "./errors.ts";

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
    const isExact = typeof lengths === "number";
    const min = isExact ? lengths : (lengths.min ?? 0);
    const max = isExact ? lengths : lengths.max;
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
  version(supported: number, oldest: number = supported): number {
    const value = this.#take();
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= oldest && value <= supported)
      return value;
    if (typeof value === "number" && value > supported) {
      throw new GstoreError(
        "UNSUPPORTED_VERSION",
        `${this.#what} has format version ${value}; this gstore reads ${supported}. Update gstore on this node.`,
        { limit: supported, actual: value },
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
