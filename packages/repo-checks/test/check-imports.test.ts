import { expect, test } from "vitest";
import { checkDependencies, checkImports } from "../src/check-imports.ts";

const layers = {
  ...{ core: [], cas: ["core"], p2p: ["core"], testing: ["core"], cli: ["cas"] },
  "cli/test": ["p2p"],
};

function check(text: string, path = "packages/cas/src/a.ts"): string[] {
  return checkImports({ path, text }, layers);
}

test("an import the table names passes", () => {
  expect(check('import { a } from "@gstore/core";\nimport { b } from "./b.ts";\nimport "lmdb";')).toEqual([]);
});

test("an import the table does not name is found in every form", () => {
  const forms = [
    'import { a } from "@gstore/p2p";',
    'import type { a } from "@gstore/p2p";',
    'import {\n  a,\n} from "@gstore/p2p";',
    'import "@gstore/p2p";',
    'export { a } from "@gstore/p2p/sub";',
    'await import("@gstore/p2p");',
    "type A = import('@gstore/p2p').A;",
    'import.meta.resolve("@gstore/p2p");',
  ];
  for (const form of forms) expect(check(form), form).toHaveLength(1);
  expect(check(`\n${forms[0]}`)).toEqual([
    "packages/cas/src/a.ts:2: cas must not import @gstore/p2p (layers.json)",
  ]);
});

test("an import in a comment is none", () => {
  expect(check('// import "@gstore/p2p";\n/* import "@gstore/p2p"; */')).toEqual([]);
});

test("only tests may import testing", () => {
  expect(check('import "@gstore/testing";')).toHaveLength(1);
  expect(check('import "@gstore/testing";', "packages/cas/test/a.test.ts")).toEqual([]);
});

test("only a package's tests may import what a row of theirs names", () => {
  const text = 'import "@gstore/p2p";';
  expect(check(text, "apps/cli/src/a.ts")).toHaveLength(1);
  expect(check(text, "apps/cli/test/a.test.ts")).toEqual([]);
  expect(check(text, "packages/cas/test/a.test.ts")).toHaveLength(1);
  const given = { name: "cli", layers };
  expect(checkDependencies({ devDependencies: { "@gstore/p2p": "x" } }, given)).toEqual([]);
  expect(checkDependencies({ dependencies: { "@gstore/p2p": "x" } }, given)).toHaveLength(1);
});

test("a relative import must not leave its package", () => {
  expect(check('import "../../p2p/src/index.ts";')).toHaveLength(1);
  expect(check('import "../src/index.ts";', "packages/cas/test/a.test.ts")).toEqual([]);
});

test("a package without a row is found", () => {
  expect(check("", "packages/utils/src/a.ts")).toEqual([
    "packages/utils/src/a.ts: utils has no row in layers.json",
  ]);
});

test("package.json must not declare what the table does not name", () => {
  const name = "cas";
  expect(checkDependencies({ dependencies: { "@gstore/core": "x", lmdb: "x" } }, { name, layers })).toEqual(
    [],
  );
  expect(checkDependencies({ devDependencies: { "@gstore/testing": "x" } }, { name, layers })).toEqual([]);
  expect(checkDependencies({ dependencies: { "@gstore/testing": "x" } }, { name, layers })).toHaveLength(1);
  expect(checkDependencies({ devDependencies: { "@gstore/p2p": "x" } }, { name, layers })).toHaveLength(1);
});
