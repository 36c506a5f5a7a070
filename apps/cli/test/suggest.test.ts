import { expect, test } from "vitest";
import { editDistance, suggest } from "../src/suggest.ts";

const COMMANDS = ["init", "up", "put", "get", "cat", "ls", "stat", "status", "rm", "peers", "verify"];

test.each([
  ["putt", "put"],
  ["gte", "get"],
  ["statu", "status"],
  ["verfy", "verify"],
  ["peer", "peers"],
  ["sl", "ls"],
  ["frobnicate", undefined],
  ["x", undefined],
])("%s is taken for %s", (text, command) => expect(suggest(text, COMMANDS)).toBe(command));

test("the distance counts letters added, dropped, changed and swapped", () => {
  expect([editDistance("", "abc"), editDistance("abc", "abc"), editDistance("abc", "acb")]).toEqual([
    3, 0, 1,
  ]);
  expect(editDistance("kitten", "sitting")).toBe(3);
});
