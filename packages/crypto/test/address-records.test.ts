import {
  type AddressRecord,
  decodeAddressRecord,
  encodeAddressRecord,
  networkIdOfRootKey,
} from "@gstore/core";
import { SeededRandom } from "@gstore/testing";
import { expect, test } from "vitest";
import { generateIdentity, isOwnWord, signAddressRecord } from "../src/index.ts";
import { readVectors } from "./vector-files.ts";

const random = new SeededRandom("address records");
const network = networkIdOfRootKey(new Uint8Array(32));
const body = { network, sequence: 5, addresses: ["/ip4/192.0.2.7/tcp/4000"] };
const own = signAddressRecord(generateIdentity(random), body);
const others = signAddressRecord(generateIdentity(random), body);
const withSignature = (record: AddressRecord, signature: Uint8Array): AddressRecord =>
  decodeAddressRecord(encodeAddressRecord(record.bodyBytes, signature));

test("a record holds in the name of the node that signed it", () => {
  expect(isOwnWord(own)).toBe(true);
  expect(isOwnWord(withSignature(own, others.signature))).toBe(false);
  expect(isOwnWord(withSignature(others, own.signature))).toBe(false);
});

test("it does not with any bit of its signature turned", () => {
  for (const at of [0, 31, 32, 63]) {
    const signature = own.signature.map((byte, index) => (index === at ? byte ^ 1 : byte));
    expect(isOwnWord(withSignature(own, signature))).toBe(false);
  }
});

test("the vectors' signatures hold", () => {
  const { valid } = readVectors<{ valid: { bytes: Uint8Array }[] }>(
    "../../../core/test/vectors/address-record",
  );
  expect(valid).not.toHaveLength(0);
  for (const { bytes } of valid) expect(isOwnWord(decodeAddressRecord(bytes))).toBe(true);
});
