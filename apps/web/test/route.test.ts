import { expect, test } from "vitest";
import { codeOf } from "../src/api/session.ts";
import { breadcrumbs, folderHref, parseRoute } from "../src/lib/route.ts";

test.each(["", "Photos/", "Photos/Lisbon 2026/", "a#b/50%/né/?x=1&y/"])(
  "the address of the folder %j leads to it",
  (prefix) => {
    expect(parseRoute(folderHref("my space/1", prefix))).toEqual({
      view: "files",
      space: "my space/1",
      prefix,
    });
  },
);

test("an address that says nothing leads to the files of the first space", () => {
  for (const hash of ["", "#", "#/", "#/nowhere", "#code=x", "#/files", "#/files/"]) {
    expect([hash, parseRoute(hash)]).toEqual([hash, { view: "files", space: "main", prefix: "" }]);
  }
  expect(parseRoute("#/files/main/100%/")).toEqual({ view: "files", space: "main", prefix: "100%/" });
});

test("a code is taken from where a sign-in link has it, and from nowhere else", () => {
  expect(codeOf("#code=ab12_X-y")).toBe("ab12_X-y");
  for (const hash of ["", "#code=", "#/files/code=x", "#code=<b>", "?code=x"])
    expect(codeOf(hash)).toBeUndefined();
});

test("the breadcrumbs of a folder are all folders above it", () => {
  expect(breadcrumbs("main", "a/b c/")).toEqual([
    { name: "main", prefix: "" },
    { name: "a", prefix: "a/" },
    { name: "b c", prefix: "a/b c/" },
  ]);
});
