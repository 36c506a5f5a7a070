import { isGstoreError } from "@gstore/core";
import { NodeIdentity } from "@gstore/crypto";
import { expect, test } from "vitest";
import { decodeBulkOpen, encodeBulkOpen } from "../src/bulk-open.ts";
import { encodeFrame } from "../src/frame-codec.ts";
import {
  decodeMeeting,
  decodeReachRequest,
  encodeMeeting,
  encodeReachRequest,
} from "../src/relay/relay-messages.ts";
import { readSpecPage } from "./spec-page.ts";

const page = readSpecPage("punch.md");
const { peerId } = new NodeIdentity({
  signingSeed: Buffer.alloc(32, 2),
  agreementScalar: Buffer.alloc(32, 3),
});

test("what is said to punch a hole is written to the byte and read", () => {
  const bytes = (name: string) => new Uint8Array(page.vector(name));
  expect(encodeReachRequest({ kind: "punch" })).toEqual(bytes("punch"));
  expect(decodeReachRequest(bytes("punch"))).toEqual({ kind: "punch" });
  const open = { starter: "nobody", meets: peerId } as const;
  expect(new Uint8Array(encodeFrame(encodeBulkOpen(open)))).toEqual(bytes("opening-meets"));
  expect(decodeBulkOpen(bytes("opening-meets").subarray(4))).toEqual(open);
  const seen = { host: "203.0.113.9", port: 40_001 };
  expect(encodeMeeting(seen)).toEqual(bytes("seen"));
  expect(decodeMeeting(bytes("seen"))).toEqual(seen);
  expect(page.names).toHaveLength(4);
});

test.each(page.invalid("seen"))("refused: %s", (reason, bytes) => {
  const expected = reason.includes("UNSUPPORTED_VERSION") ? "UNSUPPORTED_VERSION" : "INVALID_FORMAT";
  let code: unknown = "nothing";
  try {
    decodeMeeting(bytes);
  } catch (error) {
    code = isGstoreError(error) ? error.code : error;
  }
  expect(code).toBe(expected);
});
