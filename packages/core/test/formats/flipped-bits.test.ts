import { expect, test } from "vitest";
import { decodeEntry, decodeMembershipRecord, isGstoreError } from "../../src/index.ts";
import { flipped, readVectors } from "../vector-files.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** What a signature check looks at, or "refused". Anything but a GstoreError gets out. */
function seenBy(decode: (bytes: Uint8Array) => string, bytes: Uint8Array): string {
  try {
    return decode(bytes);
  } catch (error) {
    if (isGstoreError(error)) return "refused";
    throw error;
  }
}

test.each([...readVectors("entry").valid, ...readVectors("entry-1").valid])(
  "no bit of $name can turn without its signature noticing",
  ({ bytes }) => {
    const decode = (changed: Uint8Array): string => {
      const { body, signedRoot, signature } = decodeEntry(changed);
      return `${body.dot.author} ${signedRoot} ${hex(signature)}`;
    };
    const original = decode(bytes);
    for (let bit = 0; bit < bytes.length * 8; bit++)
      expect(seenBy(decode, flipped(bytes, bit)), `bit ${bit}`).not.toBe(original);
  },
);

test.each([...readVectors("membership").valid, ...readVectors("membership-operations").valid])(
  "no bit of the record of $name can turn without its signature noticing",
  ({ bytes }) => {
    const decode = (changed: Uint8Array): string => {
      const { bodyBytes, signature } = decodeMembershipRecord(changed);
      return `${hex(bodyBytes)} ${hex(signature)}`;
    };
    const original = decode(bytes);
    for (let bit = 0; bit < bytes.length * 8; bit++)
      expect(seenBy(decode, flipped(bytes, bit)), `bit ${bit}`).not.toBe(original);
  },
);
