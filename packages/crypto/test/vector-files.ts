import { readFileSync } from "node:fs";

/** The content of test/vectors/`name`.json, with bytes where it has them in CBOR's diagnostic notation, h'0102'. */
export function readVectors<T>(name: string): T {
  const text = readFileSync(new URL(`vectors/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text, (_key, value: unknown) => {
    const hex = typeof value === "string" ? /^h'([0-9a-f]*)'$/.exec(value)?.[1] : undefined;
    return hex === undefined ? value : new Uint8Array(Buffer.from(hex, "hex"));
  }) as T;
}
