export interface TestTask {
  readonly taskId: string;
  /** The package's folder, from the repository's root. */
  readonly directory: string;
  /** null: killed, or never ended. */
  readonly exitCode: number | null;
}

export interface TestSum {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What was counted as failed without being a failed test, one line each. */
  readonly problems: readonly string[];
}

export function reportFiles(root: string): string[];
export function sumReports(run: {
  readonly root: string;
  readonly exitCode: number;
  readonly tasks: readonly TestTask[] | undefined;
}): TestSum;
export function sumLine(sum: TestSum): string;
