import { isGstoreError } from "@gstore/core";
import { NodeIdentity } from "@gstore/crypto";
import { expect, test } from "vitest";
import {
  decodeDialBackAnswer,
  decodeReachRequest,
  decodeRelayAnswer,
  decodeRelayOpen,
  encodeDialBackAnswer,
  encodeReachRequest,
  encodeRelayAnswer,
  encodeRelayOpen,
} from "../src/relay/relay-messages.ts";
import { readSpecPage } from "./spec-page.ts";

const page = readSpecPage("relay.md");
const { peerId } = new NodeIdentity({
  signingSeed: Buffer.alloc(32, 2),
  agreementScalar: Buffer.alloc(32, 3),
});
const dialBack = { kind: "dialBack", port: 4000 } as const;
const answer = { host: "192.0.2.17", reached: false, relays: true };
const bytesOf = (name: string): Uint8Array => new Uint8Array(page.vector(name));

test("messages to and from relays are written to the byte and read", () => {
  expect(encodeRelayOpen(peerId)).toEqual(bytesOf("relay-open"));
  expect(decodeRelayOpen(bytesOf("relay-open"))).toBe(peerId);
  for (const [name, code] of [
    ["relay-joined", null],
    ["relay-refused", "TOO_BUSY"],
  ] as const) {
    expect(encodeRelayAnswer(code)).toEqual(bytesOf(name));
    expect(decodeRelayAnswer(bytesOf(name))).toBe(code);
  }
  expect(encodeReachRequest(dialBack)).toEqual(bytesOf("dial-back"));
  expect(decodeReachRequest(bytesOf("dial-back"))).toEqual(dialBack);
  expect(encodeReachRequest({ kind: "reserve" })).toEqual(bytesOf("reserve"));
  expect(decodeReachRequest(bytesOf("reserve"))).toEqual({ kind: "reserve" });
  expect(encodeDialBackAnswer(answer)).toEqual(bytesOf("dial-back-answer"));
  expect(decodeDialBackAnswer(bytesOf("dial-back-answer"))).toEqual(answer);
});

test.each([
  ...page.invalid("relay-open").map(([reason, bytes]) => [reason, () => decodeRelayOpen(bytes)] as const),
  ...page.invalid("reach").map(([reason, bytes]) => [reason, () => decodeReachRequest(bytes)] as const),
])("refused: %s", (reason, decode) => {
  const expected = reason.includes("UNSUPPORTED_VERSION") ? "UNSUPPORTED_VERSION" : "INVALID_FORMAT";
  let code: unknown = "nothing";
  try {
    decode();
  } catch (error) {
    code = isGstoreError(error) ? error.code : error;
  }
  expect(code).toBe(expected);
});

test("no vector of the page is left out", () => {
  expect(page.names).toHaveLength(8);
});
