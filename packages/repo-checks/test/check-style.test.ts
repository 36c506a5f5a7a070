import { expect, test } from "vitest";
import { checkAllowList, checkExportStar, checkLength, checkPurity } from "../src/check-style.ts";

const path = "packages/cas/src/a.ts";

test("a file of 300 lines passes, one of 301 does not, a generated one may", () => {
  expect(checkLength({ path, text: "a\n".repeat(300) })).toEqual([]);
  expect(checkLength({ path, text: "a\n".repeat(301) })).toHaveLength(1);
  expect(checkLength({ path: "packages/cas/src/a.generated.ts", text: "a\n".repeat(301) })).toEqual([]);
  expect(checkLength({ path: "packages/cas/test/a.test.ts", text: "a\n".repeat(301) })).toEqual([]);
});

test("export * is found", () => {
  expect(checkExportStar({ path, text: 'export { a } from "./a.ts";' })).toEqual([]);
  expect(checkExportStar({ path, text: '// export *\nconst a = "export *";' })).toEqual([]);
  expect(checkExportStar({ path, text: 'export * from "./a.ts";' })).toHaveLength(1);
  expect(checkExportStar({ path, text: 'export type * as b from "./a.ts";' })).toHaveLength(1);
});

test("the real clock, timers and chance are found", () => {
  const uses = [
    "Date.now()",
    "const now = Date.now;",
    "Math.random()",
    "performance.now()",
    "new Date()",
    "setTimeout(f, 1)",
    "const timer = setTimeout;",
    "globalThis.setInterval(f, 1)",
    'import { setTimeout } from "node:timers/promises";',
  ];
  for (const text of uses) expect(checkPurity({ path, text }, {}), text).not.toEqual([]);
});

test("what only looks like them is none", () => {
  const others = [
    "clock.setTimeout(f, 1);",
    "// Date.now()",
    '"Date.now()"',
    "socket.setTimeoutMs(1)",
    "new Date(0)",
    "myDate.nowish()",
  ];
  for (const text of others) expect(checkPurity({ path, text }, {}), text).toEqual([]);
});

test("core, tests and apps may use them, and so may a listed file", () => {
  const text = "Date.now()";
  const free = ["packages/core/src/a.ts", "packages/cas/test/a.test.ts", "apps/cli/src/a.ts"];
  for (const file of free) expect(checkPurity({ path: file, text }, {}), file).toEqual([]);
  expect(checkPurity({ path, text }, { [path]: "because" })).toEqual([]);
});

test("an exception without a reason, or without a need, is found", () => {
  const files = [{ path, text: "Date.now()" }];
  expect(checkAllowList({ [path]: "because" }, files)).toEqual([]);
  expect(checkAllowList({ [path]: " " }, files)).toHaveLength(1);
  expect(checkAllowList({ [path]: "because" }, [{ path, text: "" }])).toHaveLength(1);
  expect(checkAllowList({ "packages/cas/src/gone.ts": "because" }, files)).toHaveLength(1);
});
