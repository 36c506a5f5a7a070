import { expect, test } from "vitest";
import { coloured, qrCode } from "../src/qr-code.ts";
import { readQr } from "./support/read-qr.ts";

const SHORT = "gstore";
const LONG = `gstore${"abcdefghijklmnopqrstuvwxyz234567".repeat(40)}`;

test.each([SHORT, LONG])("a scanner reads the text that was drawn", (text) => {
  const code = qrCode(text);
  expect(readQr(code?.lines ?? [])).toBe(text);
  expect(code?.lines.every((line) => [...line].length === code.width)).toBe(true);
});

test("text that is too long for any code gives none", () => {
  expect(qrCode("x".repeat(2953))).toBeDefined();
  expect(qrCode("x".repeat(2954))).toBeUndefined();
});

test("colours stand around each line and change nothing in it", () => {
  const code = qrCode(SHORT);
  const plain = coloured(code ?? { lines: [], width: 0 }).map((line) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    line.replace(/^\u001b\[[0-9;]+m/, "").replace(/\u001b\[0m$/, ""),
  );
  expect(plain).toEqual(code?.lines);
});
