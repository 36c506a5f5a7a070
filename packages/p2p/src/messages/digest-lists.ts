import {
  type CborValue,
  DIGEST_BYTES,
  type Digest,
  digestFromBytes,
  digestToBytes,
  GstoreError,
} from "@gstore/core";

/** Digests as one byte string each. */
export const encodeDigests = (digests: readonly Digest[]): CborValue => digests.map(digestToBytes);

export const decodeDigests = (values: readonly CborValue[]): Digest[] =>
  decodeByteStrings(values, DIGEST_BYTES).map(digestFromBytes);

/** Checks that each value is a byte string of at most `bytesMax`. */
export function decodeByteStrings(values: readonly CborValue[], bytesMax: number): Uint8Array[] {
  return values.map((value) => {
    if (value instanceof Uint8Array && value.length <= bytesMax) return value;
    throw new GstoreError("INVALID_FORMAT", `A message holds something that is not up to ${bytesMax} bytes.`);
  });
}
