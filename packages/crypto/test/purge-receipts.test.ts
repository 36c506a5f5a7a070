import { digestOf } from "@gstore/core";
import { expect, test } from "vitest";
import { isPurgeReceipt, signPurgeReceipt } from "../src/index.ts";
import { fixedIdentity, fixedSecrets, flipped } from "./fixtures.ts";

const member = fixedIdentity("member");
const { networkId } = fixedSecrets("receipts");
const version = digestOf(Buffer.from("a purge"));

test("a member's signature holds for its one purge in its network, and for nobody else", () => {
  const signature = signPurgeReceipt(member, { networkId, version });
  expect(isPurgeReceipt(signature, member.peerId, { networkId, version })).toBe(true);
  const other = fixedSecrets("other").networkId;
  expect(isPurgeReceipt(signature, member.peerId, { networkId: other, version })).toBe(false);
  const another = digestOf(Buffer.from("another purge"));
  expect(isPurgeReceipt(signature, member.peerId, { networkId, version: another })).toBe(false);
  expect(isPurgeReceipt(signature, fixedIdentity("other").peerId, { networkId, version })).toBe(false);
  expect(isPurgeReceipt(flipped(signature, 9), member.peerId, { networkId, version })).toBe(false);
  // Signed by the page: docs/spec/messages.md, "Receipts of a purge".
  const signed = [
    Buffer.from("gstore purged v1\0"),
    ...[networkId, version].map((id) => Buffer.from(id.slice(4), "hex")),
  ];
  expect(Buffer.from(member.sign(Buffer.concat(signed))).equals(signature)).toBe(true);
});
