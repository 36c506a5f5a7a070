import { expect, test } from "vitest";
import { checkErrorCodes, errorCodesOfDocs, errorCodesOfSource } from "../src/check-error-codes.ts";

const source =
  "/** Codes */\nexport const ERROR_CODES = {\n  // Use\n  A_B: 1,\n  C2: 2, // D: 3\n} as const;";

test("codes are the keys of ERROR_CODES", () => {
  expect(errorCodesOfSource(source)).toEqual(["A_B", "C2"]);
  expect(errorCodesOfSource('export const ERROR_CODES: Codes = { "A": 1, B: "B" };')).toEqual(["A", "B"]);
  expect(() => errorCodesOfSource("export const OTHER = { A: 1 };")).toThrow("ERROR_CODES");
});

test("documented codes are headings of level 3 or first cells of a row", () => {
  expect(errorCodesOfDocs("### A_B\ntext `X`\n### `C2`\n| `D` | see `E` |\n## F\n| code |\n")).toEqual([
    "A_B",
    "C2",
    "D",
  ]);
});

test("a code that only one side has, or that is described twice, is found", () => {
  expect(checkErrorCodes({ source, docs: "### A_B\n### C2\n" })).toEqual([]);
  expect(checkErrorCodes({ source, docs: "### A_B\n" })).toEqual(["docs/errors.md: C2 is missing"]);
  expect(checkErrorCodes({ source, docs: "### A_B\n### C2\n### D\n" })).toEqual([
    "docs/errors.md: D is no code of errors.ts",
  ]);
  expect(checkErrorCodes({ source, docs: "### A_B\n### C2\n| `C2` |\n" })).toEqual([
    "docs/errors.md: C2 occurs twice",
  ]);
});
