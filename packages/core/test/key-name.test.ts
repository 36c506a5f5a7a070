import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseKeyName, parseKeyPrefix, parseNodeName } from "../src/index.ts";
import { codeOf } from "./vector-files.ts";

describe("a key's name", () => {
  test.each([
    "a",
    "notes/today.txt",
    "línea\nnueva",
    "😀/💾.bin",
    "...",
    "..a/b..",
    "a b",
    "-rf",
    "a".repeat(1024),
    "é".repeat(512),
    "\uFEFFbom",
  ])("may be %j", (name) => {
    expect(parseKeyName(name)).toBe(name.normalize("NFC"));
  });

  test.each([
    "",
    "/",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../../x",
    "a/../b",
    "a/./b",
    "a/..",
    "a\0b",
    "a".repeat(1025),
    "é".repeat(513),
    "\ud800",
    "a\udc00b",
  ])("may not be %j", (name) => {
    expect(codeOf(() => parseKeyName(name))).toBe("INVALID_KEY");
  });

  test("has one normal form however it was typed", () => {
    expect(parseKeyName("cafe\u0301")).toBe("caf\u00e9");
    expect(parseKeyName(parseKeyName("cafe\u0301"))).toBe("caf\u00e9");
  });

  test("that is accepted stays below its folder, and is accepted again as it is", () => {
    const parts = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom(".", "..", "", "a", "\0", "~", "\\"),
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 5 }), (given) => {
        const text = given.join("/");
        if (codeOf(() => parseKeyName(text)) !== "nothing") return;
        const name = parseKeyName(text);
        expect(parseKeyName(name)).toBe(name);
        expect(
          new URL(`file:///folder/${name.split("/").map(encodeURIComponent).join("/")}`).pathname,
        ).toMatch(/^\/folder\/./);
        expect(name.split("/").some((part) => part === "" || part === "." || part === "..")).toBe(false);
      }),
    );
  });

  test("is quoted in what is said about it, with control characters escaped", () => {
    expect(() => parseKeyName("a\u001b[2J\0")).toThrow(/"a\\u001b\[2J\\u0000"/);
  });
});

describe("a prefix", () => {
  test.each(["", "a", "a/", "a/..", "/"])("may be %j", (prefix) => {
    expect(parseKeyPrefix(prefix)).toBe(prefix);
  });

  test.each(["a\0", "\ud800", "a".repeat(1025)])("may not be %j", (prefix) => {
    expect(codeOf(() => parseKeyPrefix(prefix))).toBe("INVALID_KEY");
  });
});

describe("a node's name", () => {
  test.each(["laptop", "a", "nas-1.home_2", "9", "a".repeat(64)])("may be %j", (name) => {
    expect(parseNodeName(name)).toBe(name);
  });

  test.each(["", "-a", ".a", "a b", "a/b", "ä", "a\n", "a".repeat(65)])("may not be %j", (name) => {
    expect(codeOf(() => parseNodeName(name))).toBe("INVALID_ARGUMENT");
  });
});
