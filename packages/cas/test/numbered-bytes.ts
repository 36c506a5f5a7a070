import { type Digest, digestOf } from "@gstore/core";

/** A blob of 1 to 20,000 bytes that no other number has. */
export function numberedBytes(number: number): { digest: Digest; bytes: Buffer } {
  const bytes = Buffer.alloc(1 + ((number * 7919) % 20_000), `${number} `);
  return { digest: digestOf(bytes), bytes };
}
