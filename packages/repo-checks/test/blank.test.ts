import { expect, test } from "vitest";
import { blank } from "../src/blank.ts";

test("comments are blanked, lines stay", () => {
  expect(blank("a // b\nc /* d\ne */ f", "comments")).toBe("a     \nc     \n     f");
});

test("what looks like a comment inside quotes stays", () => {
  expect(blank('a("http://x") // y', "comments")).toBe('a("http://x")     ');
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: they are source text
test("the text of strings is blanked, code inside a template stays", () => {
  expect(blank('x("ab\\"c") + `de${f({ g: `h${i}` })}j`', "comments-and-strings")).toBe(
    'x("     ") + `  ${f({ g: ` ${i}` })} `',
  );
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: they are source text

test("a quote or slash inside a regular expression opens nothing", () => {
  expect(blank("a = /[\"'/]/.test(b); // c\nd", "comments")).toBe("a = /[\"'/]/.test(b);     \nd");
  expect(blank("a / b / c // d", "comments")).toBe("a / b / c     ");
});
