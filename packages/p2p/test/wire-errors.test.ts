import { ERROR_CODES, type ErrorCode, GstoreError } from "@gstore/core";
import { describe, expect, test } from "vitest";
import { ERROR_MESSAGE_CHARACTERS_MAX } from "../src/limits.ts";
import { wireErrorOf } from "../src/wire-errors.ts";

const LOCAL = "/home/anna/.gstore/store/packs/0000000001.pack of key diary.txt at 10.0.0.7: ENOSPC";
const FOR_PEERS: ErrorCode[] = [
  ...(["REQUEST_REFUSED", "PROTOCOL_VIOLATION", "NOT_A_MEMBER", "TOO_BUSY"] as const),
  ...(["ENTRY_REFUSED", "TICKET_INVALID"] as const),
];

describe("what a peer is told of an error", () => {
  test.each((Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => !FOR_PEERS.includes(code)))(
    "with code %s says nothing of this node",
    (code) => {
      const error = new GstoreError(code, LOCAL, { cause: new Error(LOCAL), retryable: true });
      const { message, ...told } = wireErrorOf(error);
      expect(told).toEqual({ code: ERROR_CODES[code], retryable: true });
      expect(message).toMatch(/^[A-Z][A-Za-z' ,.-]+\.$/);
    },
  );

  test.each(FOR_PEERS)(
    "with code %s, which is made for it, is its message, unless it has local facts",
    (code) => {
      expect(wireErrorOf(new GstoreError(code, "Your role does not allow this.")).message).toBe(
        "Your role does not allow this.",
      );
      for (const facts of [
        { path: "/home" },
        { key: "diary" },
        { address: "10.0.0.7" },
        { systemCode: "EIO" },
      ])
        expect(wireErrorOf(new GstoreError(code, LOCAL, facts)).message).toBe("The peer could not do it.");
      const long = wireErrorOf(new GstoreError(code, "x".repeat(10_000))).message;
      expect(long).toHaveLength(ERROR_MESSAGE_CHARACTERS_MAX);
    },
  );

  test("that is no coded one is that there was one", () => {
    const told = { code: ERROR_CODES.INTERNAL, message: "The peer failed.", retryable: false };
    expect(wireErrorOf(new Error(LOCAL))).toEqual(told);
    expect(wireErrorOf(LOCAL)).toEqual(told);
  });
});
