import { GstoreError } from "@gstore/gateway/client";
import { expect, test } from "vitest";
import { exitCodeOf, worstExitCode } from "../src/exit-codes.ts";

test.each([
  ["INVALID_KEY", 2],
  ["KEY_NOT_FOUND", 3],
  ["NO_HOLDER_REACHABLE", 4],
  ["NOT_RUNNING", 4],
  ["ALREADY_EXISTS", 5],
  ["NOT_A_MEMBER", 5],
  ["COPIES_NOT_REACHED", 6],
  ["STORE_FULL", 1],
  ["INTERNAL", 1],
] as const)("%s ends with %i", (code, exitCode) =>
  expect(exitCodeOf(new GstoreError(code, "x"))).toBe(exitCode),
);

test("an unknown fault is a failure", () => expect(exitCodeOf(new TypeError("x"))).toBe(1));

test("of several outcomes an error counts", () => {
  expect(worstExitCode([])).toBe(0);
  expect(worstExitCode([0, 6, 0])).toBe(6);
  expect(worstExitCode([6, 1, 3])).toBe(1);
  expect(worstExitCode([3, 4])).toBe(4);
});
