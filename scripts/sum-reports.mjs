// Sums vitest's JSON reports. Whatever is missing or red counts as failed: the sum never looks better than the run.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const REPORT = join("reports", "vitest.json");

/** Every report file that a run may leave below `root`, whether or not it exists. */
export function reportFiles(root) {
  return ["packages", "apps"].flatMap((parent) => {
    const folder = join(root, parent);
    return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name, REPORT)) : [];
  });
}

/**
 * @param {{root: string, exitCode: number, tasks: {taskId: string, directory: string, exitCode: number | null}[] | undefined}} run
 *   `tasks` is undefined when turbo did not say what it ran.
 */
export function sumReports({ root, exitCode, tasks }) {
  const sum = { passed: 0, failed: 0, skipped: 0, problems: [] };
  if (!tasks) count(sum, problem("turbo left no summary of its run"));
  for (const task of tasks ?? []) count(sum, sumPackage(root, task));
  if (exitCode !== 0 && sum.failed === 0) count(sum, problem(`the run ended with exit code ${exitCode}`));
  return sum;
}

export function sumLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function sumPackage(root, { taskId, directory, exitCode }) {
  const report = readReport(join(root, directory, REPORT));
  if (!report) return problem(`${taskId}: no test report`);
  const sum = { passed: 0, failed: 0, skipped: 0, problems: [] };
  for (const file of report.testResults) {
    const states = file.assertionResults.map(({ status }) => status);
    const failed = states.filter((state) => state === "failed").length;
    const passed = states.filter((state) => state === "passed").length;
    count(sum, { passed, failed, skipped: states.length - failed - passed, problems: [] });
    // A file that did not load, or whose hook failed, has no failed test of its own.
    if (file.status !== "passed" && failed === 0)
      count(sum, problem(`${taskId}: ${file.name} failed outside its tests`));
  }
  // vitest's report calls a run with unhandled errors or a killed worker a success; its exit code does not.
  if ((exitCode !== 0 || !report.success) && sum.failed === 0)
    count(sum, problem(`${taskId}: ended with exit code ${exitCode}`));
  return sum;
}

function readReport(file) {
  try {
    const report = JSON.parse(readFileSync(file, "utf8"));
    return Array.isArray(report.testResults) ? report : undefined;
  } catch {
    return undefined;
  }
}

function problem(text) {
  return { passed: 0, failed: 1, skipped: 0, problems: [text] };
}

function count(sum, { passed, failed, skipped, problems }) {
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped;
  sum.problems.push(...problems);
}
