import { type Digest, digestOf, peerIdOfPublicKey, spaceIdFromBytes } from "@gstore/core";
import { expect, test } from "vitest";
import { type PossessionChallenge, provePossession } from "../src/index.ts";

const filled = (byte: number, length = 32): Uint8Array => new Uint8Array(length).fill(byte);
const blob = Buffer.alloc(5000, "what a holder has to have at hand, all of it");
const digest = digestOf(blob);
const challenge: PossessionChallenge = {
  nonce: filled(1),
  challenger: peerIdOfPublicKey(filled(2)),
  holder: peerIdOfPublicKey(filled(3)),
  space: spaceIdFromBytes(filled(4, 16)),
};
const hexOf = (asked: PossessionChallenge, of: Digest = digest, bytes: Uint8Array = blob): string =>
  Buffer.from(provePossession(asked, of, bytes)).toString("hex");

test("a proof is what docs/spec/messages.md says, to the byte", () => {
  expect(hexOf(challenge)).toBe("fe497d2756ce0aa0520c116cbc05d7a580806db491cfa4d429b6ab4051b12369");
});

test("a proof is good for one nonce, challenger, holder, space, digest and content", () => {
  const proofs = [
    hexOf(challenge),
    hexOf({ ...challenge, nonce: filled(9) }),
    hexOf({ ...challenge, challenger: peerIdOfPublicKey(filled(9)) }),
    hexOf({ ...challenge, holder: peerIdOfPublicKey(filled(9)) }),
    hexOf({ ...challenge, challenger: challenge.holder, holder: challenge.challenger }),
    hexOf({ ...challenge, space: spaceIdFromBytes(filled(9, 16)) }),
    hexOf(challenge, digestOf(filled(9))),
    hexOf(challenge, digest, blob.subarray(0, 4999)),
  ];
  expect(new Set(proofs).size).toBe(proofs.length);
});
