import fc from "fast-check";
import { expect, test } from "vitest";
import { printable, printableJson } from "../src/printable.ts";

const ANY = fc.string({ unit: "binary", maxLength: 60 });
const MARKS = ["\0", "\n", "\t", "\u001b", "\u007f", "\u009b", "\u202e", "\\", "a", "b", "u"];
const CONTROLS = fc.array(fc.constantFrom(...MARKS), { maxLength: 20 }).map((parts) => parts.join(""));
const MOVES_A_CURSOR = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;

test("no text reaches a terminal with a character that it could act on", () => {
  fc.assert(
    fc.property(fc.oneof(ANY, CONTROLS), (text) => {
      expect(printable(text)).not.toMatch(MOVES_A_CURSOR);
      expect(printableJson(text)).not.toMatch(MOVES_A_CURSOR);
    }),
  );
});

test("JSON carries every text exactly", () => {
  fc.assert(
    fc.property(fc.oneof(ANY, CONTROLS), (text) => {
      expect(JSON.parse(printableJson(text))).toBe(text);
    }),
  );
});

test("two names that have to be escaped never look the same", () => {
  fc.assert(
    fc.property(CONTROLS, CONTROLS, (first, second) => {
      fc.pre(first !== second && printable(first) !== first && printable(second) !== second);
      expect(printable(first)).not.toBe(printable(second));
    }),
  );
});

test("ordinary names stay as they are", () => {
  for (const name of ["a b.txt", "r\u00e9sum\u00e9", "\u6587\u4ef6", "\u{1f600}", "back\\slash", "100%"]) {
    expect(printable(name)).toBe(name);
  }
  expect(printable("a\nb\u001b[2J\\")).toBe("a\\nb\\u001b[2J\\\\");
});
