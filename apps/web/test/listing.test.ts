import type { ListRecord } from "@gstore/gateway/client";
import { expect, test } from "vitest";
import { moveTargets } from "../src/views/files/bulk.ts";
import { childOf, matches, sortItems, withItem } from "../src/views/files/listing.ts";
import { nameFault } from "../src/views/files/name-fault.ts";

function file(key: string, size = 1, stored = "2026-01-01T00:00:00.000Z"): ListRecord {
  const author = { id: "12D3", name: "anna" };
  const rest = { digest: "", contentType: null, modified: null, mode: null, author, metadata: {} };
  return { kind: "file", key, version: `1e20${key}`, size, stored, ...rest };
}
const folder = (key: string): ListRecord => ({ kind: "folder", key });
const keys = (items: readonly ListRecord[]): string[] => items.map(({ key }) => key);

test("folders come first, and numbers in names count as numbers", () => {
  const items = [file("photo 10.jpg", 5), file("Photo 9.jpg", 7), file("a", 6), folder("z/"), folder("B/")];
  const sorted = (by: "name" | "size", isDescending: boolean): string[] =>
    keys(sortItems(items, { by, isDescending }));
  expect(sorted("name", false)).toEqual(["B/", "z/", "a", "Photo 9.jpg", "photo 10.jpg"]);
  expect(sorted("name", true)).toEqual(["z/", "B/", "photo 10.jpg", "Photo 9.jpg", "a"]);
  expect(sorted("size", false)).toEqual(["B/", "z/", "photo 10.jpg", "a", "Photo 9.jpg"]);
  expect(sorted("size", true)).toEqual(["B/", "z/", "Photo 9.jpg", "a", "photo 10.jpg"]);
});

test("a change is of the line of its folder that stands for it", () => {
  expect(childOf("a/b/c", "a/")).toBe("a/b/");
  expect(childOf("a/b", "a/")).toBe("a/b");
  expect(childOf("b", "")).toBe("b");
  expect([childOf("ab", "a/"), childOf("a/", "a/")]).toEqual([undefined, undefined]);
});

test("one line is put in, replaced or taken away, and the others stay", () => {
  const items = [file("a"), folder("b/")];
  expect(keys(withItem(items, "c", file("c")))).toEqual(["a", "b/", "c"]);
  expect(withItem(items, "a", file("a", 9))[0]).toMatchObject({ key: "a", size: 9 });
  expect(keys(withItem(items, "b/", null))).toEqual(["a"]);
  expect(withItem(items, "none", null)).toEqual(items);
});

test("a search is for all its words, in the names below the folder, without case and accents", () => {
  expect(matches("Reisen/Café Lisboa.jpg", "Reisen/", "cafe LIS")).toBe(true);
  expect(matches("Reisen/Café Lisboa.jpg", "Reisen/", "reisen")).toBe(false);
  expect(matches("Reisen/2026/x.jpg", "Reisen/", "2026")).toBe(true);
});

test("what is moved keeps its name", () => {
  const moves = moveTargets([file("a/b.txt"), folder("a/c/")], "d/e/").map(({ to }) => to);
  expect(moves).toEqual(["d/e/b.txt", "d/e/c/"]);
  expect(moveTargets([file("a/b.txt")], "").map(({ to }) => to)).toEqual(["b.txt"]);
});

test("names that no key can have are told", () => {
  expect([nameFault("notes.txt"), nameFault("a/b"), nameFault(".hidden")]).toEqual([null, null, null]);
  for (const name of ["", ".", "..", "a/", "/a", "a//b", "a/../b", "a\0b", "x".repeat(1025)]) {
    expect([name, nameFault(name)]).toEqual([name, expect.any(String)]);
  }
});
