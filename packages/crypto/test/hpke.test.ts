import { describe, expect, test } from "vitest";
import { privateKeyOfSeed } from "../src/asymmetric-keys.ts";
import { type HpkeAead, hpkeOpen, hpkeSeal } from "../src/hpke.ts";

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (given: Uint8Array): string => Buffer.from(given).toString("hex");

// RFC 9180 appendix A.1.1, sequence number 0.
const info = bytes("4f6465206f6e2061204772656369616e2055726e");
const aad = bytes("436f756e742d30");
const plain = bytes("4265617574792069732074727574682c20747275746820626561757479");
const ephemeralScalar = bytes("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736");
const privateKey = privateKeyOfSeed(
  "x25519",
  bytes("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8"),
);
const publicKey = bytes("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d");
const enc = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431";
const aes128: HpkeAead = { id: 1, cipher: "aes-128-gcm", keyBytes: 16 };

const cases = [
  {
    name: "RFC 9180 A.1.1, with AES-128-GCM",
    context: { publicKey, info, aad, aead: aes128 },
    ciphertext: "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
  },
  {
    // The RFC has none for X25519 with AES-256-GCM; this is what @hpke/core 1.9 opens, and opens of it are ours.
    name: "the same with AES-256-GCM",
    context: { publicKey, info, aad },
    ciphertext: "090b7dc225419f7da9e8b460becfbb96a26c7964d79b8010d397fa838530a32a397b14f5776db19ff5e57734e0",
  },
];

describe.each(cases)("HPKE agrees with $name", ({ context, ciphertext }) => {
  test("sealing", () => {
    expect(hex(hpkeSeal(context, plain, ephemeralScalar))).toBe(enc + ciphertext);
  });

  test("opening", () => {
    expect(hpkeOpen(context, privateKey, bytes(enc + ciphertext))).toEqual(Buffer.from(plain));
  });
});

/** Points whose product with any scalar is zero (RFC 7748 section 6.1; the list is cr.yp.to/ecdh.html#validate). */
const SMALL_ORDER = [
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

test.each(SMALL_ORDER)("a public key of small order is refused on both sides: %s", (point) => {
  expect(() => hpkeSeal({ publicKey: bytes(point), info }, plain, ephemeralScalar)).toThrow();
  expect(() => hpkeOpen({ publicKey, info }, privateKey, bytes(point + "00".repeat(40)))).toThrow();
});
