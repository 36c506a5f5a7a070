import { readFileSync } from "node:fs";

/** One case of a format's vectors: bytes that decode to a value, or are refused with a code. */
export interface ValidCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly value: unknown;
}

export interface InvalidCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly code: string;
}

/** The content of test/vectors/`name`.json, with bytes where it has them in CBOR's diagnostic notation, h'0102'. */
export function readVectors<T = { readonly valid: ValidCase[]; readonly invalid: InvalidCase[] }>(
  name: string,
): T {
  const text = readFileSync(new URL(`vectors/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text, (_key, value: unknown) => {
    const hex = typeof value === "string" ? /^h'([0-9a-f]*)'$/.exec(value)?.[1] : undefined;
    return hex === undefined ? value : new Uint8Array(Buffer.from(hex, "hex"));
  }) as T;
}

/** The code of the GstoreError that `action` throws, "nothing" if it throws none, the error itself if it is another. */
export function codeOf(action: () => unknown): unknown {
  try {
    action();
    return "nothing";
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
}

/** The bytes with one bit turned over. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}
