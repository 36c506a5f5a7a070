import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sumLine, sumReports } from "../../../scripts/sum-reports.mjs";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "gstore-sum-"));
});
afterEach(() => rmSync(root, { recursive: true }));

test("tests are summed over packages, and skipped ones named only where there are any", () => {
  report("a", [["passed", "passed"]]);
  report("b", [["passed"], ["passed", "pending", "todo"]]);
  expect(sum(["a"])).toBe("2 passed, 0 failed");
  expect(sum(["a", "b"])).toBe("4 passed, 0 failed, 2 skipped");
});

test("a failed test is counted once", () => {
  report("a", [["passed", "failed"]], { success: false });
  expect(sum(["a"], { exitCode: 1 })).toBe("1 passed, 1 failed");
});

test("a missing or broken report counts as failed", () => {
  report("a", [["passed"]]);
  expect(sum(["a", "gone"])).toBe("1 passed, 1 failed");
  writeFileSync(join(root, "a/reports/vitest.json"), "{");
  expect(sum(["a"])).toBe("0 passed, 1 failed");
});

test("a file that did not load counts as failed", () => {
  report("a", [["passed"], []], { status: "failed", success: false });
  expect(sum(["a"], { exitCode: 1 })).toBe("1 passed, 2 failed");
});

test("a red exit counts as failed though the report says success", () => {
  report("a", [["passed"]]);
  expect(sum(["a"], { exitCode: 1 })).toBe("1 passed, 1 failed");
  expect(sumLine(sumReports({ root, exitCode: 0, tasks: [task("a", null)] }))).toBe("1 passed, 1 failed");
  expect(sumLine(sumReports({ root, exitCode: 130, tasks: [task("a", 0)] }))).toBe("1 passed, 1 failed");
});

test("a run without a summary counts as failed", () => {
  expect(sumLine(sumReports({ root, exitCode: 0, tasks: undefined }))).toBe("0 passed, 1 failed");
});

function sum(names: string[], { exitCode = 0 } = {}): string {
  return sumLine(sumReports({ root, exitCode, tasks: names.map((name) => task(name, exitCode)) }));
}

function task(name: string, exitCode: number | null) {
  return { taskId: `${name}#test`, directory: name, exitCode };
}

function report(name: string, files: string[][], { status = "passed", success = true } = {}): void {
  const testResults = files.map((states) => ({
    name: `${name}.test.ts`,
    status,
    assertionResults: states.map((state) => ({ status: state })),
  }));
  mkdirSync(join(root, name, "reports"), { recursive: true });
  writeFileSync(join(root, name, "reports/vitest.json"), JSON.stringify({ success, testResults }));
}
