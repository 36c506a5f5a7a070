import { digestOf, type EntryId, networkIdOfRootKey, type PeerId } from "@gstore/core";
import { SeededRandom } from "@gstore/testing";
import { expect, test } from "vitest";
import { generateIdentity, isHeldReceipt, signHeldReceipt } from "../src/index.ts";

const random = new SeededRandom("receipts");
const holder = generateIdentity(random);
const question = { networkId: networkIdOfRootKey(new Uint8Array(32)), nonce: new Uint8Array(16).fill(7) };
const version = (text: string): EntryId => digestOf(Buffer.from(text));
const receipt = signHeldReceipt(holder, question, [version("one"), version("two")]);

test("a receipt holds for the question that it answers, and in its holder's name", () => {
  expect(receipt.holder).toBe(holder.peerId);
  expect(isHeldReceipt(receipt, question)).toBe(true);
});

test.each<[string, Partial<typeof receipt>, Partial<typeof question>]>([
  ["another question of the same network", {}, { nonce: new Uint8Array(16).fill(8) }],
  ["another network", {}, { networkId: networkIdOfRootKey(new Uint8Array(32).fill(1)) }],
  ["another holder", { holder: generateIdentity(random).peerId as PeerId }, {}],
  ["a version less", { versions: [version("one")] }, {}],
  ["another order", { versions: [version("two"), version("one")] }, {}],
  [
    "a changed signature",
    { signature: receipt.signature.map((byte, at) => (at === 9 ? byte ^ 1 : byte)) },
    {},
  ],
])("it does not for %s", (_what, changed, asked) => {
  expect(isHeldReceipt({ ...receipt, ...changed }, { ...question, ...asked })).toBe(false);
});
