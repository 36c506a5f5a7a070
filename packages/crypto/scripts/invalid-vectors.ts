import { type CborValue, decodeCbor, encodeCbor } from "@gstore/core";

// What invalid vectors are made with: valid bytes, and what is changed in them.

/** One field of a nested array, by its path, and the value to put there; undefined takes it out. */
export type Change = readonly [path: readonly number[], value: unknown];
export interface Invalid {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly code: string;
}

/** What is wrong in the same way for every format: its frame. */
export function wrapping(bytes: Uint8Array, what: string): Invalid[] {
  const fields = raw(bytes);
  const invalid = [
    bad(`the ${what} is cut`, bytes.subarray(0, -1)),
    bad(`the ${what} has a byte after it`, Buffer.concat([bytes, Buffer.of(0)])),
    bad(`the ${what} is empty`, Buffer.alloc(0)),
    bad(`the ${what} is no array`, encodeCbor(1)),
    bad(`the ${what} has a field too many`, encodeCbor([...fields, null])),
    bad(
      `the ${what} is an array of indefinite length`,
      Buffer.concat([Buffer.of(0x9f), bytes.subarray(1), Buffer.of(0xff)]),
    ),
    bad(
      `the ${what} has its length in a byte too many`,
      Buffer.concat([Buffer.of(0x98, fields.length), bytes.subarray(1)]),
    ),
  ];
  const [version] = fields;
  if (typeof version !== "number") return invalid;
  const zero = bad(`the ${what} has version 0`, change(bytes, [[[0], 0]]));
  return [
    ...invalid,
    zero,
    bad(`the ${what} has version ${version + 1}`, change(bytes, [[[0], version + 1]]), "UNSUPPORTED_VERSION"),
  ];
}

export function bad(name: string, bytes: Uint8Array, code: string = "INVALID_FORMAT"): Invalid {
  return { name, bytes, code };
}

export function raw(bytes: Uint8Array): CborValue[] {
  return [...(decodeCbor(bytes, { bytesMax: 1 << 20, what: "A vector" }) as CborValue[])];
}

export function bodyBytes(bytes: Uint8Array): Uint8Array {
  return raw(bytes)[1] as Uint8Array;
}

export function change(bytes: Uint8Array, parts: readonly Change[]): Uint8Array {
  const value = raw(bytes);
  for (const [path, replacement] of parts) {
    const last = path[path.length - 1] as number;
    const holder = path.slice(0, -1).reduce((array, index) => array[index] as CborValue[], value);
    if (replacement === undefined) holder.splice(last, 1);
    else holder[last] = replacement as CborValue;
  }
  return encodeCbor(value);
}
