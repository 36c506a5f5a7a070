import { GstoreError } from "@gstore/core";

/**
 * Reads a decoded JSON object field by field. Every refusal is `KEY_FILE_INVALID` and names the field, never its value.
 */
export class SecretFields {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #where: { readonly path: string; readonly what: string };
  readonly #read = new Set<string>();

  constructor(value: unknown, where: { readonly path: string; readonly what: string }) {
    this.#where = where;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw this.#refusal("a part is no object");
    this.#object = value as Readonly<Record<string, unknown>>;
  }

  /** Text that `pattern` matches as a whole. */
  text(name: string, pattern: RegExp = /^.{1,256}$/): string {
    const value = this.#take(name);
    if (typeof value !== "string" || !pattern.test(value))
      throw this.#refusal(`${name} is not what it has to be`);
    return value;
  }

  /** Bytes in lower-case hexadecimal; of any number where no length is given. */
  bytes(name: string, length?: number): Buffer {
    const value = this.#take(name);
    const isHex = typeof value === "string" && /^([0-9a-f]{2})+$/.test(value);
    if (!isHex || (length !== undefined && value.length !== 2 * length)) {
      throw this.#refusal(`${name} is not ${length === undefined ? "" : `${length} `}bytes in hexadecimal`);
    }
    return Buffer.from(value, "hex");
  }

  /** A whole number above 0. */
  number(name: string): number {
    const value = this.#take(name);
    if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
    throw this.#refusal(`${name} is no whole number`);
  }

  /** As {@link bytes}, or null where there may be none. */
  bytesOrNull(name: string, length: number): Buffer | null {
    if (Object.hasOwn(this.#object, name) && this.#object[name] === null) {
      this.#read.add(name);
      return null;
    }
    return this.bytes(name, length);
  }

  /** The objects of an array of 1 to `max`. */
  list(name: string, max: number): SecretFields[] {
    const value = this.#take(name);
    if (!Array.isArray(value) || value.length < 1 || value.length > max) {
      throw this.#refusal(`${name} does not have 1 to ${max} items`);
    }
    return value.map((item) => new SecretFields(item, this.#where));
  }

  /** Refuses fields that nobody asked for. */
  end(): void {
    const extra = Object.keys(this.#object).find((name) => !this.#read.has(name));
    if (extra !== undefined) throw this.#refusal("it has a field too many");
  }

  /** The error for something that no single field is to blame for. */
  refuse(reason: string): never {
    throw this.#refusal(reason);
  }

  #take(name: string): unknown {
    this.#read.add(name);
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }

  #refusal(reason: string): GstoreError {
    const { what, path } = this.#where;
    return new GstoreError(
      "KEY_FILE_INVALID",
      `${what} ${path} is not valid: ${reason}. Restore it from a copy.`,
      { path },
    );
  }
}
