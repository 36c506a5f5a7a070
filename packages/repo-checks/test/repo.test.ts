import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkErrorCodes } from "../src/check-error-codes.ts";
import { checkDependencies, checkImports, type Layers } from "../src/check-imports.ts";
import {
  checkAllowList,
  checkExportStar,
  checkLength,
  checkPurity,
  type PurityAllowList,
} from "../src/check-style.ts";
import { packageFolders, readSourceFiles } from "../src/source-file.ts";

const ROOT = join(import.meta.dirname, "../../..");
const layers = readJson<Layers>("layers.json");
const allowed = readJson<PurityAllowList>("packages/repo-checks/purity-allow-list.json");
// The fixtures in this package's tests break the rules on purpose.
const files = readSourceFiles(ROOT).filter(({ path }) => !path.startsWith("packages/repo-checks/test/"));

test("every import is in the import table", () => {
  expect(files.flatMap((file) => checkImports(file, layers))).toEqual([]);
});

test("every package depends only on what the import table allows", () => {
  const found = packageFolders(ROOT).flatMap((folder) => {
    const manifest = `${folder}/package.json`;
    if (!existsSync(join(ROOT, manifest))) return [];
    return checkDependencies(readJson(manifest), { name: folder.split("/").at(-1) ?? "", layers });
  });
  expect(found).toEqual([]);
});

test("every source file has at most 300 lines", () => {
  expect(files.flatMap(checkLength)).toEqual([]);
});

test("every index lists its names", () => {
  expect(files.flatMap(checkExportStar)).toEqual([]);
});

test("time and chance come from core's ports", () => {
  expect(files.flatMap((file) => checkPurity(file, allowed))).toEqual([]);
  expect(checkAllowList(allowed, files)).toEqual([]);
});

test("docs/errors.md describes exactly the codes of errors.ts", () => {
  const source = readOrEmpty("packages/core/src/errors.ts");
  const docs = readOrEmpty("docs/errors.md");
  expect(checkErrorCodes({ source, docs })).toEqual([]);
});

function readOrEmpty(path: string): string {
  return existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), "utf8") : "";
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8")) as T;
}
