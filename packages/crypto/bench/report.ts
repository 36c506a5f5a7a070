/** Runs for about `budgetMs` after as long a warm-up, five times, and prints the median. */
export function report(
  name: string,
  work: { readonly run: () => unknown; readonly bytes?: number; readonly items?: number },
): void {
  const times = Array.from({ length: 5 }, () => microseconds(work.run, 100)).sort(
    (left, right) => left - right,
  );
  const each = (times[2] as number) / (work.items ?? 1);
  const rate =
    work.bytes === undefined
      ? `${Math.round(1e6 / each)} a second`
      : `${(work.bytes / each / 1000).toFixed(2)} GB/s`;
  process.stdout.write(`${name.padEnd(48)} ${each.toFixed(1).padStart(8)} us  ${rate}\n`);
}

function microseconds(run: () => unknown, budgetMs: number): number {
  let count = 0;
  const begin = performance.now();
  while (performance.now() - begin < budgetMs) {
    run();
    count++;
  }
  return ((performance.now() - begin) * 1000) / count;
}
