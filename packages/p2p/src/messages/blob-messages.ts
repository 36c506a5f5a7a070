import {
  DIGESTS_PER_MESSAGE_MAX,
  type Digest,
  GstoreError,
  ID_BYTES,
  idToBytes,
  type SpaceId,
  spaceIdFromBytes,
} from "@gstore/core";
import { decodeDigests, encodeDigests } from "./digest-lists.ts";
import { encodeMessage, readMessage } from "./message.ts";

/** Asks which of these blobs the receiver has, in the name of a space. */
export interface HaveBlobs {
  readonly space: SpaceId;
  readonly digests: readonly Digest[];
}

export const encodeHaveBlobs = (message: HaveBlobs): Uint8Array =>
  encodeMessage("haveBlobs", idToBytes(message.space), encodeDigests(message.digests));

export function decodeHaveBlobs(bytes: Uint8Array): HaveBlobs {
  const fields = readMessage(bytes, "haveBlobs", 2);
  return {
    space: spaceIdFromBytes(fields.bytes("space", ID_BYTES.space)),
    digests: decodeDigests(fields.array("digests", { min: 1, max: DIGESTS_PER_MESSAGE_MAX })),
  };
}

/** The answer: one bit per digest asked for, the first in the lowest bit of the first byte. */
export function encodeHaveBlobsAnswer(have: readonly boolean[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(have.length / 8));
  have.forEach((here, index) => {
    if (here) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return encodeMessage("haveBlobs", bits);
}

export function decodeHaveBlobsAnswer(bytes: Uint8Array, count: number): boolean[] {
  const bits = readMessage(bytes, "haveBlobs", 1).bytes("have", Math.ceil(count / 8));
  if (count % 8 !== 0 && (bits[bits.length - 1] ?? 0) >> (count % 8) !== 0) {
    throw new GstoreError("INVALID_FORMAT", "A haveBlobs answer has bits beyond its digests.");
  }
  return Array.from({ length: count }, (_, index) => ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0);
}
